export type Runtime = 'node' | 'deno' | 'bun' | 'workerd' | 'browser' | 'unknown';

const USER_AGENTS: readonly [prefix: string, runtime: Runtime][] = [
  ['Node.js', 'node'],
  ['Deno', 'deno'],
  ['Bun', 'bun'],
  ['Cloudflare-Workers', 'workerd'],
  ['Mozilla', 'browser'],
];

/**
 * The current runtime. `navigator.userAgent` comes first, since Deno and Bun also set `process.versions.node`; Node has
 * a navigator only since version 21.
 */
export function runtime(): Runtime {
  const { navigator, process } = globalThis as {
    navigator?: { userAgent?: string };
    process?: { release?: { name?: string } };
  };
  const agent = navigator?.userAgent ?? '';
  const known = USER_AGENTS.find(([prefix]) => agent.startsWith(prefix));
  return known?.[1] ?? (process?.release?.name === 'node' ? 'node' : 'unknown');
}

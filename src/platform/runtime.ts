export type Runtime = 'node' | 'deno' | 'bun' | 'workerd' | 'browser' | 'unknown';

const USER_AGENTS: readonly [prefix: string, runtime: Runtime][] = [
  ['Node.js', 'node'],
  ['Deno', 'deno'],
  ['Bun', 'bun'],
  ['Cloudflare-Workers', 'workerd'],
  ['Mozilla', 'browser'],
];

/**
 * The runtime that this code is in. `navigator.userAgent` is asked first, since `process.versions.node` is set in Deno
 * and Bun as well; Node has a navigator from version 21 only.
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

import { environmentVariable } from './environment.ts';
import { nodeModule } from './node.ts';
import { runtime } from './runtime.ts';

type Fetching = (url: URL, init?: RequestInit) => Promise<Response>;

/** The part of undici that speaks through a proxy. */
interface Undici {
  readonly fetch: (url: URL, init: RequestInit & { dispatcher: unknown }) => Promise<Response>;
  readonly EnvHttpProxyAgent: new () => unknown;
}

const VARIABLES = ['HTTP_PROXY', 'http_proxy', 'HTTPS_PROXY', 'https_proxy'];

/**
 * `fetch`, through the proxy that HTTP_PROXY, HTTPS_PROXY and NO_PROXY name. Deno and Bun read these variables
 * themselves, and Node does from version 24 if NODE_USE_ENV_PROXY is set.
 */
export const webFetch: Fetching = (url, init) => (proxied() ?? globalThis.fetch)(url, init);

let agent: { readonly key: string; readonly fetch: Fetching } | undefined;

function proxied(): Fetching | undefined {
  if (runtime() !== 'node' || environmentVariable('NODE_USE_ENV_PROXY') !== undefined) return undefined;
  const values = VARIABLES.map(environmentVariable);
  if (values.every((value) => value === undefined)) return undefined;
  const key = values.join(' ');
  if (agent?.key !== key) {
    // Not an import: bundlers for browsers would follow it.
    const undici = nodeModule('node:module').createRequire(import.meta.url)('undici') as Undici;
    const dispatcher = new undici.EnvHttpProxyAgent();
    agent = { key, fetch: (url, init) => undici.fetch(url, { ...init, dispatcher }) };
  }
  return agent.fetch;
}

import { environmentVariable } from './environment.ts';
import { nodeModule } from './node.ts';
import { runtime } from './runtime.ts';

type Fetching = (url: URL, init?: RequestInit) => Promise<Response>;

/** The part of undici that speaks through a proxy. */
interface Undici {
  readonly fetch: (url: URL, init: RequestInit & { dispatcher: unknown }) => Promise<Response>;
  readonly ProxyAgent: new (proxy: string) => unknown;
}

interface ProxyFromEnv {
  /** Empty for addresses without a proxy. */
  readonly getProxyForUrl: (url: string) => string;
}

/**
 * `fetch`, through the proxy that HTTP_PROXY, HTTPS_PROXY and NO_PROXY name. Deno and Bun read these variables
 * themselves, and Node does from version 24 if NODE_USE_ENV_PROXY is set.
 */
export const webFetch: Fetching = (url, init) => (proxied(url) ?? globalThis.fetch)(url, init);

const VARIABLES = ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY'];

/** Connections to each proxy are kept, as `fetch` does with those to servers. */
const agents = new Map<string, unknown>();

function proxied(url: URL): Fetching | undefined {
  if (runtime() !== 'node' || environmentVariable('NODE_USE_ENV_PROXY') !== undefined) return undefined;
  const named = VARIABLES.flatMap((name) => [name, name.toLowerCase()]);
  if (named.every((name) => environmentVariable(name) === undefined)) return undefined;
  // Not imports: bundlers for browsers would follow them.
  const require = nodeModule('node:module').createRequire(import.meta.url);
  const proxy = (require('proxy-from-env') as ProxyFromEnv).getProxyForUrl(url.href);
  if (proxy === '') return undefined;
  const { fetch, ProxyAgent } = require('undici') as Undici;
  const agent = agents.get(proxy) ?? new ProxyAgent(proxy);
  agents.set(proxy, agent);
  return (address, init) => fetch(address, { ...init, dispatcher: agent });
}

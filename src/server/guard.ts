import { hostName, isLoopback, originOf } from '../options/address.ts';
import type { AccessOptions } from '../types.ts';
import { Problem, problemResponse } from './problem.ts';

/** The headers of a request that say where it comes from. */
interface Asked {
  readonly host: string;
  readonly origin: string | null;
}

/**
 * Keeps strange web pages away from a server that a browser can reach: a request is refused if its Host header is a name
 * that the server does not know (DNS rebinding) or its Origin one that may not ask (cross-site posts). Pages of allowed
 * origins can read the answers (CORS, https://fetch.spec.whatwg.org/#http-cors-protocol).
 */
export function guarded(
  fetch: (request: Request) => Promise<Response>,
  { allowHosts, allowOrigins }: AccessOptions,
): (request: Request) => Promise<Response> {
  if (!allowHosts && !allowOrigins) return fetch;
  const hosts = new Set(allowHosts?.map((name) => (name === ANY ? ANY : hostName(name))));
  const origins = new Set(allowOrigins?.map(originOf));
  const isKnown = (name: string | undefined): boolean =>
    name !== undefined && (isLoopback(name) || hosts.has(name));

  const checkHost = ({ host }: Asked) => {
    if (!allowHosts || hosts.has(ANY) || isKnown(hostName(host))) return;
    throw new Problem(
      'FORBIDDEN_HOST',
      `This server does not answer to the host "${host}". Ask for it by its address, or start it with the option allow-host.`,
    );
  };

  const checkOrigin = ({ host, origin }: Asked) => {
    if (origin === null || origins.has(ANY) || origins.has(origin)) return;
    const from = pageHost(origin);
    if (isKnown(from)) return;
    if (from !== undefined && !allowHosts && from === hostName(host)) return; // a page of this server's own host
    throw new Problem(
      'FORBIDDEN_ORIGIN',
      `Pages of ${origin} may not use this server. It allows them if it is started with the option allow-origin.`,
    );
  };

  return async (request) => {
    const { headers, method, url } = request;
    const asked = { host: headers.get('host') ?? new URL(url).host, origin: headers.get('origin') };
    try {
      checkHost(asked);
      if (!allowOrigins) return await fetch(request);
      checkOrigin(asked);
    } catch (error) {
      return problemResponse(error);
    }
    const { origin } = asked;
    if (origin === null) return fetch(request);
    const preflight = method === 'OPTIONS' && headers.has('access-control-request-method');
    const response = preflight
      ? new Response(null, { status: 204, headers: PREFLIGHT })
      : await fetch(request);
    response.headers.set('access-control-allow-origin', origin);
    response.headers.append('vary', 'origin');
    response.headers.set('access-control-expose-headers', 'retry-after');
    return response;
  };
}

const ANY = '*';

const PREFLIGHT = {
  'access-control-allow-methods': 'GET, HEAD, POST',
  'access-control-allow-headers': 'content-type',
  'access-control-max-age': '600',
};

/** The host of a web page's origin; undefined for others, such as `null` of sandboxed frames and files. */
function pageHost(origin: string): string | undefined {
  const [, host] = /^https?:\/\/(.*)$/.exec(origin) ?? [];
  return host && hostName(host);
}

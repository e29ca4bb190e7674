import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Answers one request. */
export type Route = (request: IncomingMessage, response: ServerResponse) => void;

/** A local server; paths without a route are 404. */
export interface LocalServer {
  readonly url: string;
  readonly routes: Map<string, Route>;
  /** Requests so far: `GET /model.onnx`. */
  readonly asked: string[];
  readonly close: () => Promise<void>;
}

export async function localServer(routes: Readonly<Record<string, Route>> = {}): Promise<LocalServer> {
  const table = new Map(Object.entries(routes));
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url!, 'http://localhost');
    asked.push(`${request.method} ${pathname}`);
    const route = table.get(pathname);
    if (route) route(request, response);
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    routes: table,
    asked,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** A file as a well-behaved server sends it: with HEAD, Range and If-Range. */
export function file(bytes: Uint8Array, headers: Readonly<Record<string, string>> = {}): Route {
  return (request, response) => {
    const { range, 'if-range': condition } = request.headers;
    const [, from] = /^bytes=(\d+)-$/.exec(range ?? '') ?? [];
    const whole = from === undefined || (condition !== undefined && condition !== headers.etag);
    const start = whole ? 0 : Number(from);
    if (start >= bytes.length && !whole) {
      response.writeHead(416, { 'content-range': `bytes */${bytes.length}` }).end();
      return;
    }
    response.writeHead(whole ? 200 : 206, {
      ...headers,
      'content-length': bytes.length - start,
      ...(!whole && { 'content-range': `bytes ${start}-${bytes.length - 1}/${bytes.length}` }),
    });
    response.end(request.method === 'HEAD' ? undefined : bytes.subarray(start));
  };
}

/**
 * Sends the first bytes, and breaks the connection once they have arrived: a client may drop what it has not read when
 * a connection breaks.
 */
export function cut(
  bytes: Uint8Array,
  after: number,
  headers: Readonly<Record<string, string>>,
  arrived: (bytes: number) => Promise<void>,
): Route {
  return (_, response) => {
    response.writeHead(200, { 'content-length': bytes.length, ...headers });
    response.write(bytes.subarray(0, after));
    if (after === 0) response.destroy();
    else void arrived(after).then(() => response.destroy());
  };
}

/** What a client has received, for `cut`. */
export interface Receipt {
  readonly note: (bytes: number) => void;
  readonly arrived: (bytes: number) => Promise<void>;
}

export function receipt(): Receipt {
  let waiting: { bytes: number; resolve: () => void }[] = [];
  let seen = -1;
  return {
    note(bytes) {
      seen = bytes;
      for (const one of waiting.filter((one) => one.bytes <= bytes)) one.resolve();
      waiting = waiting.filter((one) => one.bytes > bytes);
    },
    arrived: (bytes) =>
      new Promise((resolve) => {
        if (seen >= bytes) resolve();
        else waiting.push({ bytes, resolve });
      }),
  };
}

/** One route after the other; the last one stays. */
export function inTurn(...routes: readonly Route[]): Route {
  let turn = 0;
  return (request, response) => routes[Math.min(turn++, routes.length - 1)](request, response);
}

export const status =
  (code: number, headers: Readonly<Record<string, string>> = {}, body = ''): Route =>
  (_, response) =>
    response.writeHead(code, headers).end(body);

export const redirect = (to: string): Route => status(302, { location: to });

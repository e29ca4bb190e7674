import type { IncomingMessage, ServerResponse } from 'node:http';
import { nodeModule } from './node.ts';

/** Answers a request, like the handlers of Workers, Deno and Bun. */
export type Fetch = (request: Request) => Promise<Response>;

/** A listening server. */
export interface Listening {
  readonly url: string;
  /** Stops accepting requests, and resolves when the pending ones are answered. */
  readonly close: () => Promise<void>;
}

/**
 * Serves a request handler over HTTP on Node, Deno or Bun, on loopback by default. Port 0 picks a free port.
 *
 * @example
 * const { url, close } = await listen(createHandler().fetch, { port: 8080 });
 */
export async function listen(
  fetch: Fetch,
  { port = 0, host = '127.0.0.1' }: { port?: number; host?: string } = {},
): Promise<Listening> {
  const server = nodeModule('node:http').createServer(nodeListener(fetch));
  const open = new Set<ServerResponse>();
  server.on('request', (_, response) => {
    open.add(response);
    response.once('close', () => open.delete(response));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  const address = server.address() as { port: number; address: string; family: string };
  const name = address.address.includes(':') ? `[${address.address}]` : address.address;
  return {
    url: `http://${name}:${address.port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
        // close() would wait seconds for a keep-alive connection.
        for (const response of open) if (!response.headersSent) response.setHeader('connection', 'close');
      }),
  };
}

/**
 * Adapts a request handler to Node's `http.createServer`.
 *
 * @example
 * http.createServer(nodeListener(createHandler().fetch)).listen(8080);
 */
export function nodeListener(fetch: Fetch): (message: IncomingMessage, response: ServerResponse) => void {
  return (message, response) => {
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    respond(fetch, message, response, gone.signal).catch(() => response.destroy());
  };
}

async function respond(
  fetch: Fetch,
  message: IncomingMessage,
  response: ServerResponse,
  signal: AbortSignal,
): Promise<void> {
  const request = requestOf(message, signal);
  const {
    status,
    headers: sent,
    body,
  } = await (request instanceof Error ? refusal(request) : fetch(request));
  const bytes = body && new Uint8Array(await new Response(body).arrayBuffer());
  response.writeHead(status, {
    ...Object.fromEntries(sent),
    ...(bytes && { 'content-length': bytes.length }),
    // Do not wait for the rest of a rejected body.
    ...(!message.complete && { connection: 'close' }),
  });
  response.end(bytes ?? undefined);
}

/** The message as a Request, or the error if it cannot be one: TRACE, or an invalid target. */
function requestOf(message: IncomingMessage, signal: AbortSignal): Request | Error {
  const { method = 'GET', url = '/' } = message;
  const headers = Object.entries(message.headersDistinct).flatMap(([name, values = []]) =>
    values.map((value): [string, string] => [name, value]),
  );
  const hasBody = method !== 'GET' && method !== 'HEAD';
  const { Readable } = nodeModule('node:stream');
  try {
    // Not a relative URL: it would take the host from //host/path.
    const address = url.startsWith('/') ? `http://localhost${url}` : new URL(url, 'http://localhost/');
    return new Request(address, {
      method,
      headers,
      signal,
      ...(hasBody && { body: Readable.toWeb(message) as ReadableStream, duplex: 'half' }),
    } as RequestInit);
  } catch (error) {
    return error as Error;
  }
}

/** RFC 9457, like the handler's own errors. */
function refusal({ message }: Error): Response {
  const detail = `The request cannot be read: ${message}. Send a GET or POST for a path.`;
  return Response.json(
    { type: 'about:blank', title: 'Bad request', status: 400, detail, code: 'BAD_REQUEST' },
    { status: 400, headers: { 'content-type': 'application/problem+json' } },
  );
}

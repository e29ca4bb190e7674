import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { nodeModule } from './node.ts';

/** Answers a request, like the handlers of Workers, Deno and Bun. */
export type Fetch = (request: Request) => Promise<Response>;

/** A listening server. */
export interface Listening {
  readonly url: string;
  /** Stops accepting requests, and resolves when the pending ones are answered. */
  readonly close: () => Promise<void>;
}

/** Where a server listens, and what bounds its connections. */
export interface ListenOptions {
  /** Default 0: a free one. */
  readonly port?: number;
  /** Address of this machine. Default 127.0.0.1. */
  readonly host?: string;
  /** Beyond it, the oldest connection without a request is closed for a new one. Default 512. */
  readonly maxConnections?: number;
  /** Milliseconds that a client has for the headers of a request. Default 10,000. */
  readonly headersTimeout?: number;
  /** Milliseconds that a client has for a whole request. Default 60,000. */
  readonly requestTimeout?: number;
}

/**
 * Serves a request handler over HTTP on Node, Deno or Bun, on loopback by default.
 *
 * @example
 * const { url, close } = await listen(createHandler().fetch, { port: 8080 });
 */
export async function listen(fetch: Fetch, options: ListenOptions = {}): Promise<Listening> {
  const { port = 0, host = '127.0.0.1', maxConnections = 512 } = options;
  const { headersTimeout = 10e3, requestTimeout = 60e3 } = options;
  const server = nodeModule('node:http').createServer(
    { headersTimeout, requestTimeout, connectionsCheckingInterval: Math.min(1000, headersTimeout) },
    nodeListener(fetch),
  );
  /** The open responses of each connection, oldest connection first. */
  const connections = new Map<Socket, Set<ServerResponse>>();
  server.on('connection', (socket: Socket) => {
    connections.set(socket, new Set());
    socket.once('close', () => connections.delete(socket));
    if (connections.size <= maxConnections) return;
    for (const [oldest, open] of connections) {
      if (open.size > 0) continue;
      oldest.destroy();
      break;
    }
  });
  server.on('request', ({ socket }: IncomingMessage, response) => {
    const open = connections.get(socket);
    open?.add(response);
    response.once('close', () => open?.delete(response));
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
        // close() would wait for keep-alive connections, and for those without a whole request.
        for (const [socket, open] of connections) {
          if (open.size === 0) socket.destroy();
          for (const response of open) if (!response.headersSent) response.setHeader('connection', 'close');
        }
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
  const unread = !message.complete;
  response.writeHead(status, {
    ...Object.fromEntries(sent),
    ...(bytes && { 'content-length': bytes.length }),
    ...(unread && { connection: 'close' }),
  });
  response.setTimeout(SILENCE_MS); // a client that does not read is disconnected
  if (bytes) response.write(bytes);
  // A connection that is closed on a client that still sends is reset, and the answer may be lost.
  if (unread) await rest(message);
  response.end();
}

const SILENCE_MS = 30e3;

/** Milliseconds that the rest of a rejected body is read for. */
const REST_MS = 1000;

/** Reads the rest of a message, for a while. */
function rest(message: IncomingMessage): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, REST_MS);
    message.once('close', () => {
      clearTimeout(timer);
      resolve();
    });
    message.resume();
  });
}

/** The message as a Request, or the error if it cannot be one: TRACE, or an invalid target. */
function requestOf(message: IncomingMessage, signal: AbortSignal): Request | Error {
  const { method = 'GET', url = '/' } = message;
  const headers = Object.entries(message.headersDistinct).flatMap(([name, values = []]) =>
    values.map((value): [string, string] => [name, value]),
  );
  const hasBody = method !== 'GET' && method !== 'HEAD';
  try {
    // Not a relative URL: it would take the host from //host/path.
    const address = url.startsWith('/') ? `http://localhost${url}` : new URL(url, 'http://localhost/');
    return new Request(address, {
      method,
      headers,
      signal,
      ...(hasBody && { body: bodyOf(message), duplex: 'half' }),
    } as RequestInit);
  } catch (error) {
    return error as Error;
  }
}

/** A message's body. Unlike that of `Readable.toWeb`, it can be canceled without closing the connection. */
function bodyOf(message: IncomingMessage): ReadableStream<Uint8Array> {
  let ended = false;
  const end = (how: () => void) => {
    if (!ended) how();
    ended = true;
  };
  return new ReadableStream({
    start(stream) {
      message.on('data', (chunk: Uint8Array) => {
        if (ended) return;
        stream.enqueue(chunk);
        if (stream.desiredSize! <= 0) message.pause();
      });
      message.once('end', () => end(() => stream.close()));
      message.once('close', () => end(() => stream.error(new Error('The connection was closed.'))));
      message.once('error', (error) => end(() => stream.error(error)));
    },
    pull: () => void message.resume(),
    cancel: () => {
      end(() => undefined);
      message.resume();
    },
  });
}

/** RFC 9457, like the handler's own errors. */
function refusal({ message }: Error): Response {
  const detail = `The request cannot be read: ${message}. Send a GET or POST for a path.`;
  return Response.json(
    { type: 'about:blank', title: 'Bad request', status: 400, detail, code: 'BAD_REQUEST' },
    { status: 400, headers: { 'content-type': 'application/problem+json' } },
  );
}

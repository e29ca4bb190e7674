import { connect, type Socket } from 'node:net';
import { suite } from 'uvu';
import { handlerOf } from '../../src/server/handler.ts';
import type { Limits } from '../../src/server/limits.ts';
import type { ModelRow } from '../../src/server/models.ts';
import { listen, type Listening, type ListenOptions } from '../../src/server/node.ts';
import * as assert from '../helpers/assert.ts';

const test = suite('a server on Node and clients that are slow, or worse');

/** A server without a model: it answers with the number of bytes. */
async function serving(
  options: ListenOptions & { limits?: Partial<Limits> },
  work: (server: Listening & { health: () => Promise<Health> }) => Promise<void>,
): Promise<void> {
  const handler = handlerOf(
    () => ({
      names: ['none'],
      load: () => Promise.resolve({} as ModelRow),
      explain: ({ body }) => Promise.resolve({ type: 'text/plain', body: `${body.length} bytes` }),
      close: () => Promise.resolve(),
    }),
    { ...(options.limits && { limits: options.limits }), allowHosts: [], allowOrigins: [] },
  );
  const server = await listen(handler.fetch, options);
  const health = async () => (await (await fetch(`${server.url}/healthz`)).json()) as Health;
  try {
    await work({ ...server, health });
  } finally {
    await Promise.all([server.close(), handler.close()]);
  }
}

interface Health {
  readonly receiving: number;
}

interface Client {
  readonly socket: Socket;
  /** All that it was answered, when the connection is closed. */
  readonly answer: Promise<string>;
}

/** A client that sends a text and then nothing. */
function client({ url }: Listening, text: string): Client {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname, () => text && socket.write(text));
  let answer = '';
  socket.on('data', (chunk) => (answer += chunk.toString('latin1')));
  socket.on('error', () => undefined); // a reset
  return { socket, answer: new Promise((resolve) => socket.once('close', () => resolve(answer))) };
}

const clients = (count: number, server: Listening, text: string): Client[] =>
  Array.from({ length: count }, () => client(server, text));

const POST = 'POST /explain HTTP/1.1\r\nHost: localhost\r\n';
const HALF = `${POST}Content-Length: 100\r\n\r\nhalf`;

const post = async ({ url }: Listening, body = 'whole'): Promise<string> =>
  (await fetch(`${url}/explain`, { method: 'POST', body })).text();

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((turn) => setTimeout(turn, 1));
}

const statusOf = (answer: string): number => Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1]);
const codeIn = (answer: string): string | undefined => /"code":"(\w+)"/.exec(answer)?.[1];

test('half bodies keep no one from being served', () =>
  serving({ limits: { receiving: 10, waiting: 1 } }, async (server) => {
    const slow = clients(30, server, HALF);
    await until(async () => (await server.health()).receiving === 10);
    for (let i = 0; i < 20; i++) assert.is(await post(server), '5 bytes');
    assert.ok((await server.health()).receiving <= 10);
    for (const { socket } of slow) socket.destroy();
  }));

test('a body that is given up is answered', () =>
  serving({ limits: { receiving: 1 } }, async (server) => {
    const [first] = clients(1, server, HALF);
    await until(async () => (await server.health()).receiving === 1);
    assert.is(await post(server), '5 bytes');
    const answer = await first.answer;
    assert.equal([statusOf(answer), codeIn(answer)], [503, 'BUSY']);
    assert.match(answer, /retry-after: 1\r\n/i);
  }));

test('a body that does not come in its time is answered', () =>
  serving({ limits: { receiveSeconds: 0.05 } }, async (server) => {
    const answer = await client(server, HALF).answer;
    assert.equal([statusOf(answer), codeIn(answer)], [408, 'TOO_SLOW']);
  }));

test('one that never ends is answered too, while it is sent', () =>
  serving({ limits: { bytes: 1e5 } }, async (server) => {
    const endless = client(server, `${POST}Transfer-Encoding: chunked\r\n\r\n`);
    const chunk = `4000\r\n${'x'.repeat(0x4000)}\r\n`;
    const send = () => {
      while (endless.socket.writable && endless.socket.write(chunk));
      endless.socket.once('drain', send);
    };
    endless.socket.once('connect', send);
    const answer = await endless.answer;
    assert.equal([statusOf(answer), codeIn(answer)], [413, 'TOO_LARGE']);
  }));

test('wrong lengths, chunks and hosts are refused, and the connection is closed', () =>
  serving({}, async (server) => {
    const refused = [
      ...['-1', 'x', '1e3', '', '5, 6', '99999999999999999999'].map((length) => `Content-Length: ${length}`),
      'Content-Length: 5\r\nTransfer-Encoding: chunked',
    ].map((header) => `${POST}${header}\r\n\r\nhello`);
    refused.push(`${POST}Transfer-Encoding: chunked\r\n\r\nzz\r\n`);
    refused.push('POST /explain HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello');
    for (const text of refused) assert.is(statusOf(await client(server, text).answer), 400, text);
    const answer = await client(
      server,
      'GET /healthz HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n',
    ).answer;
    assert.equal([statusOf(answer), codeIn(answer)], [403, 'FORBIDDEN_HOST']);
  }));

test('silent connections make room for those that ask', () =>
  serving({ maxConnections: 10 }, async (server) => {
    const silent = [...clients(15, server, ''), ...clients(15, server, `${POST}X: `)];
    for (let i = 0; i < 20; i++) assert.is(await post(server), '5 bytes');
    const closed = await Promise.all(silent.slice(0, 5).map(({ answer }) => answer));
    assert.equal(closed, ['', '', '', '', '']);
    for (const { socket } of silent) socket.destroy();
  }));

test('headers that do not come in their time end the connection', () =>
  serving({ headersTimeout: 100 }, async (server) => {
    assert.is(statusOf(await client(server, `${POST}X: `).answer), 408);
  }));

test('requests in a row on one connection are answered in order', () =>
  serving({}, async (server) => {
    const texts = Array.from({ length: 50 }, (_, i) => `${POST}Content-Length: ${i}\r\n\r\n${'x'.repeat(i)}`);
    const row = client(
      server,
      `${texts.join('')}GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`,
    );
    const found = [...(await row.answer).matchAll(/(\d+) bytes/g)].map(([, bytes]) => Number(bytes));
    assert.equal(
      found,
      Array.from({ length: 50 }, (_, i) => i),
    );
  }));

test('closing waits for none of them', async () => {
  let closed: Promise<string>[] = [];
  await serving(
    { limits: { receiveSeconds: 600 }, headersTimeout: 600e3, requestTimeout: 600e3 },
    async (server) => {
      const all = ['', `${POST}X: `, HALF].map((text) => client(server, text));
      await until(async () => (await server.health()).receiving === 1);
      closed = all.map(({ answer }) => answer);
    },
  );
  const [silent, header, half] = await Promise.all(closed);
  assert.equal([silent, header, statusOf(half)], ['', '', 503]);
});

test.run();

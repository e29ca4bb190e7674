import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { request, type Server } from 'node:http';
import { suite } from 'uvu';
import { type Fetch, listen } from '../../src/server/node.ts';
import * as assert from '../helpers/assert.ts';

const test = suite('server on Node');

async function serving<T>(fetch: Fetch, work: (url: string) => Promise<T>): Promise<T> {
  const server = await listen(fetch);
  try {
    return await work(server.url);
  } finally {
    await server.close();
  }
}

test('it listens on loopback, on a free port', () =>
  serving(
    () => Promise.resolve(new Response()),
    (url) => {
      assert.match(url, /^http:\/\/127\.0\.0\.1:[1-9]\d*$/);
      return Promise.resolve();
    },
  ));

test('method, path, query, headers, body, status come through both ways', () =>
  serving(
    async (request) =>
      new Response(
        JSON.stringify([
          request.method,
          new URL(request.url).pathname,
          new URL(request.url).search,
          request.headers.get('x-note'),
          await request.text(),
        ]),
        { status: 418, headers: { 'x-answer': 'yes' } },
      ),
    async (url) => {
      const response = await fetch(`${url}/a%20b?c=d`, {
        method: 'PUT',
        body: 'text',
        headers: { 'x-note': 'n' },
      });
      assert.is(response.status, 418);
      assert.is(response.headers.get('x-answer'), 'yes');
      assert.equal(await response.json(), ['PUT', '/a%20b', '?c=d', 'n', 'text']);
    },
  ));

/** A promise, and what resolves it. */
function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve!: () => void;
  const promise = new Promise<void>((done) => (resolve = done));
  return { promise, resolve };
}

test('a client that goes away aborts its request', async () => {
  const { promise: inside, resolve: arrived } = deferred();
  const { promise: aborted, resolve: told } = deferred();
  await serving(
    ({ signal }) => {
      arrived();
      return new Promise((resolve) =>
        signal.addEventListener('abort', () => {
          told();
          resolve(new Response());
        }),
      );
    },
    async (url) => {
      const client = request(url);
      client.on('error', () => undefined);
      client.end();
      await inside;
      client.destroy();
      await aborted;
    },
  );
});

test('a handler that throws breaks its connection and no other', () =>
  serving(
    (request) =>
      request.url.endsWith('/bad') ? Promise.reject(new Error('bad')) : Promise.resolve(new Response('good')),
    async (url) => {
      await fetch(`${url}/bad`).then(
        () => assert.unreachable('answered'),
        () => undefined,
      );
      assert.is(await (await fetch(url)).text(), 'good');
    },
  ));

/** fetch and URL would not send these. */
const raw = (
  url: string,
  method: string,
  path: string,
): Promise<[status: number, type: string, text: string]> =>
  new Promise((resolve, reject) => {
    const client = request(url, { method, path }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => (text += chunk.toString()));
      response.on('end', () => resolve([response.statusCode!, response.headers['content-type']!, text]));
    });
    client.once('error', reject);
    client.end();
  });

test('what cannot be made a Request is answered as a problem', () =>
  serving(
    () => Promise.resolve(new Response('answered')),
    async (url) => {
      for (const [method, path] of [
        ['TRACE', '/explain'],
        ['GET', 'http://'],
      ]) {
        const [status, type, text] = await raw(url, method, path);
        assert.equal([status, type], [400, 'application/problem+json'], `${method} ${path}: ${text}`);
        assert.is((JSON.parse(text) as { code: string }).code, 'BAD_REQUEST');
      }
    },
  ));

test('a target that begins with two slashes is a path, and no host', () =>
  serving(
    (request) => Promise.resolve(new Response(request.url)),
    async (url) => {
      assert.equal((await raw(url, 'GET', '//'))[2], 'http://localhost//');
      assert.equal((await raw(url, 'GET', '//evil/explain?a=b'))[2], 'http://localhost//evil/explain?a=b');
      assert.equal((await raw(url, 'GET', 'http://proxied/explain'))[2], 'http://proxied/explain');
    },
  ));

test('close answers what is under way, and is not kept by connections that stay open', async () => {
  const { promise: inside, resolve: arrived } = deferred();
  const { promise: more, resolve: finish } = deferred();
  // Without a limit of their own, idle connections stay until one side closes them.
  const keep = (message: unknown) => ((message as { server: Server }).server.keepAliveTimeout = 0);
  subscribe('http.server.request.start', keep);
  try {
    const server = await listen(async () => {
      arrived();
      await more;
      return new Response('late');
    });
    const answer = fetch(server.url); // keeps its connection alive
    await inside;
    const closed = server.close();
    finish();
    assert.is(await (await answer).text(), 'late');
    await closed;
  } finally {
    unsubscribe('http.server.request.start', keep);
  }
});

test('a port that is taken is an error', () =>
  serving(
    () => Promise.resolve(new Response()),
    async (url) => {
      await listen(() => Promise.resolve(new Response()), { port: Number(new URL(url).port) }).then(
        () => assert.unreachable('listens'),
        (error: Error) => assert.match(error.message, /EADDRINUSE/),
      );
    },
  ));

test.run();

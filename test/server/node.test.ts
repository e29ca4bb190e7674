import { request } from 'node:http';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { listen, type Fetch } from '../../src/server/node.ts';

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

test('a client that goes away aborts its request', async () => {
  let told!: () => void;
  const aborted = new Promise<void>((resolve) => (told = resolve));
  await serving(
    ({ signal }) =>
      new Promise((resolve) =>
        signal.addEventListener('abort', () => {
          told();
          resolve(new Response());
        }),
      ),
    async (url) => {
      const client = request(url);
      client.on('error', () => undefined);
      client.end();
      setTimeout(() => client.destroy(), 50);
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

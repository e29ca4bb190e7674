import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { suite } from 'uvu';
import { fetchFile } from '../../src/platform/fetch.ts';
import * as assert from '../helpers/assert.ts';

const test = suite('fetch');

const url = new URL('https://models.test/a.onnx');

type Headers = Record<string, string>;

/** What a server answers to GET and HEAD. */
interface Answers {
  readonly get: () => Response;
  readonly head: () => Response | Promise<Response>;
}

/** Runs work as in a page of a browser, and tells how often the file was sent. */
async function inBrowser(answers: Answers, work: (gets: () => number) => Promise<void>, caches?: object) {
  const kept = new Map<string, Response>();
  const cache = {
    match: (key: URL) => Promise.resolve(kept.get(key.href)?.clone()),
    put: (key: URL, response: Response) => Promise.resolve(kept.set(key.href, response)),
  };
  let gets = 0;
  const globals: Record<string, PropertyDescriptor> = {
    navigator: { value: { userAgent: 'Mozilla/5.0' } },
    caches: caches ?? { value: { open: () => Promise.resolve(cache) } },
    fetch: {
      value: (_: URL, { method = 'GET' }: RequestInit = {}) => {
        if (method === 'HEAD') return Promise.resolve().then(answers.head);
        gets++;
        return Promise.resolve(answers.get());
      },
    },
  };
  const before = Object.keys(globals).map((name) => [
    name,
    Object.getOwnPropertyDescriptor(globalThis, name),
  ]);
  for (const [name, value] of Object.entries(globals))
    Object.defineProperty(globalThis, name, { ...value, configurable: true });
  try {
    await work(() => gets);
  } finally {
    for (const [name, property] of before as [string, PropertyDescriptor | undefined][]) {
      if (property) Object.defineProperty(globalThis, name, property);
      else Reflect.deleteProperty(globalThis, name);
    }
  }
}

const sending = (headers: Headers) => () => new Response('model', { headers });
const refusing = (status: number) => () => new Response(null, { status });
const unreachable = () => Promise.reject(new TypeError('Failed to fetch'));

const text = async (): Promise<string> => new TextDecoder().decode(await fetchFile(url));

const SECOND: [what: string, kept: Headers, head: Answers['head'], gets: number][] = [
  ['the same ETag: kept', { etag: '"a"' }, sending({ etag: '"a"' }), 1],
  ['another ETag: fetched', { etag: '"a"' }, sending({ etag: '"b"' }), 2],
  [
    'the ETag of what is sent compressed, and its length: kept',
    { etag: 'W/"a"', 'content-length': '70' },
    sending({ etag: '"a"', 'content-length': '100' }),
    1,
  ],
  ['the same date: kept', { 'last-modified': 'Mon' }, sending({ 'last-modified': 'Mon' }), 1],
  ['another date: fetched', { 'last-modified': 'Mon' }, sending({ 'last-modified': 'Tue' }), 2],
  ['no more than the same length: kept', { 'content-length': '5' }, sending({ 'content-length': '5' }), 1],
  ['another length: fetched', { 'content-length': '5' }, sending({ 'content-length': '6' }), 2],
  ['nothing to tell by: fetched', {}, sending({}), 2],
  ['a server out of reach: kept', { etag: '"a"' }, unreachable, 1],
  ['a server that refuses to be asked: fetched', { etag: '"a"' }, refusing(405), 2],
];

for (const [what, headers, head, expected] of SECOND) {
  test(what, () =>
    inBrowser({ get: sending(headers), head }, async (gets) => {
      assert.is(await text(), 'model');
      assert.is(await text(), 'model');
      assert.is(gets(), expected);
    }),
  );
}

test('a file that is gone is an error, a server that fails is none', async () => {
  let get = sending({ etag: '"a"' });
  await inBrowser({ get: () => get(), head: () => get() }, async () => {
    await text();
    get = refusing(503);
    assert.is(await text(), 'model');
    get = refusing(404);
    await text().then(
      () => assert.unreachable('was read'),
      (error: Error) => assert.is(error.message, 'HTTP 404'),
    );
  });
});

test('a storage that is forbidden, as in a sandboxed frame, is no reason to fail', () =>
  inBrowser({ get: sending({}), head: sending({}) }, async () => assert.is(await text(), 'model'), {
    get: () => {
      throw new DOMException('The document is sandboxed', 'SecurityError');
    },
  }));

test('a limit on bytes holds whatever the server says', () =>
  inBrowser({ get: sending({ 'content-length': '1' }), head: sending({}) }, async () => {
    assert.is(new TextDecoder().decode(await fetchFile(url, { bytes: 5 })), 'model');
    const error = await fetchFile(url, { bytes: 4 }).catch((error: unknown) => error);
    assert.match((error as Error).message, /more than/);
  }));

test('a limit on time ends what never comes', async () => {
  const server = createServer((_, response) => void response.write('some'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const error = await fetchFile(new URL(`http://127.0.0.1:${port}/`), { milliseconds: 50 }).catch(
    (error: unknown) => error,
  );
  assert.match((error as Error).message, /did not arrive in 0\.05 s/);
  server.closeAllConnections();
  server.close();
});

test.run();

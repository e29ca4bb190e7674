import { suite } from 'uvu';
import { guarded } from '../../src/server/guard.ts';
import { createHandler } from '../../src/server/index.ts';
import type { AccessOptions } from '../../src/types.ts';
import * as assert from '../helpers/assert.ts';
import { failure } from '../helpers/failure.ts';

const test = suite('who may use a server');

/** Status and code of an answer, for a request with these headers. */
async function asked(
  access: AccessOptions,
  headers: Record<string, string>,
  method = 'POST',
): Promise<{ status: number; code: string | undefined; headers: Headers }> {
  const fetch = guarded(() => Promise.resolve(Response.json({})), access);
  const response = await fetch(new Request('http://localhost/explain', { method, headers }));
  const text = await response.text();
  const { code } = (text ? JSON.parse(text) : {}) as { code?: string };
  return { status: response.status, code, headers: response.headers };
}

const codes = (access: AccessOptions, header: string, values: readonly string[], others = {}) =>
  Promise.all(
    values.map(async (value) => [value, (await asked(access, { ...others, [header]: value })).code] as const),
  );

const each = <T>(values: readonly string[], code: T) => values.map((value) => [value, code] as const);

const LOOPBACK = [
  'localhost',
  'LOCALHOST:8080',
  'localhost.',
  'cam.localhost:1',
  '127.0.0.1:8080',
  '127.9.8.7',
  '[::1]',
  '[::1]:8080',
  '[::ffff:127.0.0.1]:80',
  '2130706433', // 127.0.0.1, as URLs read it
];

const STRANGE = [
  'evil.example',
  'evil.example:8080',
  'localhost.evil.example',
  'notlocalhost',
  '127.0.0.1.evil.example',
  '192.168.0.7:8080',
  '0.0.0.0',
  '[::2]',
  'localhost@evil.example',
  'localhost/evil',
  'localhost, evil.example',
  '__proto__',
  '',
];

test('the Host has to be on loopback, if names are given at all', async () => {
  assert.equal(await codes({ allowHosts: [] }, 'host', LOOPBACK), each(LOOPBACK, undefined));
  assert.equal(await codes({ allowHosts: [] }, 'host', STRANGE), each(STRANGE, 'FORBIDDEN_HOST'));
  assert.equal(await codes({}, 'host', STRANGE), each(STRANGE, undefined));
  assert.equal(await codes({ allowOrigins: [] }, 'host', STRANGE), each(STRANGE, undefined));
});

test('or one of the names, at any port', async () => {
  const access = { allowHosts: ['Cam.example.com', '10.0.0.5', '[fe80::1]'] };
  const good = ['cam.example.com', 'CAM.example.com:99', '10.0.0.5:8080', '[fe80:0::1]:3', 'localhost'];
  const bad = ['sub.cam.example.com', 'example.com', '10.0.0.50', 'cam.example.com.evil.example'];
  assert.equal(await codes(access, 'host', good), each(good, undefined));
  assert.equal(await codes(access, 'host', bad), each(bad, 'FORBIDDEN_HOST'));
  assert.equal(await codes({ allowHosts: ['*'] }, 'host', ['evil.example']), [['evil.example', undefined]]);
});

test('pages on loopback, on the names, and of the origins may ask', async () => {
  const access = { allowHosts: ['cam.example.com'], allowOrigins: ['https://App.example.com/', 'null'] };
  const good = [
    'http://localhost:3000',
    'http://127.0.0.1:8080',
    'https://cam.example.com',
    'https://app.example.com',
    'null',
  ];
  const bad = [
    'https://evil.example',
    'http://app.example.com', // another scheme
    'https://app.example.com:444',
    'http://localhost.evil.example',
    'http://localhost@evil.example',
    'chrome-extension://localhost',
    'file://',
    '',
  ];
  assert.equal(await codes(access, 'origin', good), each(good, undefined));
  assert.equal(await codes(access, 'origin', bad), each(bad, 'FORBIDDEN_ORIGIN'));
  assert.equal(await codes({ allowOrigins: [] }, 'origin', ['null']), [['null', 'FORBIDDEN_ORIGIN']]);
  assert.equal(await codes({ allowOrigins: ['*'] }, 'origin', bad), each(bad, undefined));
  assert.equal(await codes({ allowHosts: [] }, 'origin', bad), each(bad, undefined), 'not checked');
});

test('a page of the server itself may ask, where every name is its own', async () => {
  const page = { origin: 'https://site.example' };
  assert.is((await asked({ allowOrigins: [] }, { ...page, host: 'site.example' })).code, undefined);
  assert.is((await asked({ allowOrigins: [] }, { ...page, host: 'api.example' })).code, 'FORBIDDEN_ORIGIN');
  // DNS rebinding: the name is the page's, and not the server's.
  const rebound = { origin: 'http://evil.example:8080', host: 'evil.example:8080' };
  assert.is((await asked({ allowHosts: [], allowOrigins: [] }, rebound)).code, 'FORBIDDEN_HOST');
});

test('allowed pages can read the answers, and errors too; others cannot', async () => {
  const origin = 'http://localhost:3000';
  const { headers } = await asked({ allowOrigins: [] }, { origin });
  assert.is(headers.get('access-control-allow-origin'), origin);
  assert.is(headers.get('vary'), 'origin');
  assert.is(headers.get('access-control-expose-headers'), 'retry-after');
  const refused = await asked({ allowOrigins: [] }, { origin: 'https://evil.example' });
  assert.equal([refused.status, refused.headers.get('access-control-allow-origin')], [403, null]);
  const plain = await asked({ allowOrigins: [] }, {});
  assert.equal([plain.status, plain.headers.get('access-control-allow-origin')], [200, null]);
  const handler = createHandler({ allowOrigins: [] });
  const missing = await handler.fetch(new Request('http://localhost/nowhere', { headers: { origin } }));
  assert.equal([missing.status, missing.headers.get('access-control-allow-origin')], [404, origin]);
});

test('preflight is answered for allowed pages', async () => {
  const preflight = (origin: string, access: AccessOptions = { allowOrigins: [] }) =>
    asked(access, { origin, 'access-control-request-method': 'POST' }, 'OPTIONS');
  const { status, headers } = await preflight('http://localhost:3000');
  assert.is(status, 204);
  assert.is(headers.get('access-control-allow-origin'), 'http://localhost:3000');
  assert.match(headers.get('access-control-allow-methods')!, /\bPOST\b/);
  assert.is(headers.get('access-control-allow-headers'), 'content-type');
  assert.is((await preflight('https://evil.example')).status, 403);
  assert.is((await preflight('http://localhost:3000', {})).status, 200, 'left to the handler');
});

test('names and origins are validated', () => {
  for (const options of [
    { allowHosts: ['cam.example.com:8080'] },
    { allowHosts: ['https://cam.example.com'] },
    { allowHosts: 'localhost' },
    { allowHosts: [''] },
    { allowOrigins: ['app.example.com'] },
    { allowOrigins: ['https://app.example.com/path'] },
    { allowOrigins: [7] },
    { limits: { second: 1 } },
    { limits: { seconds: Infinity } },
    { limits: { waiting: 0 } },
    { limits: { bytes: '1' } },
    { model: {} },
  ]) {
    const error = failure(() => createHandler(options as never));
    assert.is(error.code, 'BAD_OPTION', JSON.stringify(options));
    assert.match(error.option!, /^(allowHosts|allowOrigins|limits\.\w+|model)$/);
  }
  createHandler({ limits: { numbers: Infinity, bytes: undefined as never } });
});

test.run();

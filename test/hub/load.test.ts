import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Context, suite } from 'uvu';
import { KNOWN_MODELS } from '../../src/hub/known-models.ts';
import { loadSource } from '../../src/hub/load.ts';
import { downloadModel, findModel, listModels, removeModel } from '../../src/hub/models.ts';
import * as assert from '../helpers/assert.ts';
import { external } from '../helpers/external.ts';
import { rejection } from '../helpers/failure.ts';
import { fixture } from '../helpers/fixtures.ts';
import { file, type LocalServer, localServer, type Route, status } from './server.ts';

interface Here extends Context {
  folder: string;
  server: LocalServer;
}

const MODEL = fixture('gap').model;
const COMMITS = ['a', 'b'].map((digit) => digit.repeat(40));
const sha = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const bytesOf = (text: string) => new TextEncoder().encode(text);
const CONFIG = '{"id2label": {"0": "ant", "1": "bee"}}';

/** A repository of the hub at one commit: each file under the branch and the commit. */
function publish(
  { server }: Here,
  repository: string,
  commit: string,
  files: Record<string, Uint8Array>,
): void {
  for (const revision of ['main', commit]) {
    for (const path of server.routes.keys()) {
      if (path.startsWith(`/${repository}/resolve/${revision}/`)) server.routes.delete(path);
    }
    for (const [path, bytes] of Object.entries(files)) {
      server.routes.set(`/${repository}/resolve/${revision}/${path}`, published(server, bytes, commit));
    }
  }
}

/** A large file, which the hub describes before it redirects to another host; small ones come at once. */
function published(server: LocalServer, bytes: Uint8Array, commit: string): Route {
  if (bytes.length < 1000)
    return file(bytes, { 'x-repo-commit': commit, etag: `"${sha(bytes).slice(0, 40)}"` });
  const store = `/store/${sha(bytes)}`;
  server.routes.set(store, file(bytes, { etag: `"${sha(bytes)}"` }));
  return status(302, {
    location: server.url.replace('127.0.0.1', 'localhost') + store,
    'x-repo-commit': commit,
    'x-linked-size': String(bytes.length),
    'x-linked-etag': `"${sha(bytes)}"`,
  });
}

const test = suite<Here>('models by name');

test.before.each(async (here) => {
  here.folder = mkdtempSync(join(tmpdir(), 'camwasm-hub-'));
  here.server = await localServer();
});
test.after.each(async ({ folder, server }) => {
  rmSync(folder, { recursive: true });
  await server.close();
});

const at = ({ folder, server }: Here) => ({ cacheFolder: folder, hubEndpoint: server.url });

test('hf:owner/name is the layout of the hub: model, labels, preprocessing', async (here) => {
  publish(here, 'me/cats', COMMITS[0], {
    'config.json': bytesOf(CONFIG),
    'preprocessor_config.json': bytesOf('{"do_rescale": false}'),
    'onnx/model.onnx': MODEL,
  });
  const { labels, found, files } = await loadSource('hf:me/cats', at(here));
  assert.equal(labels, ['ant', 'bee']);
  assert.equal(found?.settings.range, [0, 255]);
  assert.ok(files.every((one) => String(one).startsWith(here.folder)));
});

test('once it is here, the network is left alone', async (here) => {
  publish(here, 'me/cats', COMMITS[0], { 'config.json': bytesOf(CONFIG), 'onnx/model.onnx': MODEL });
  await loadSource('hf:me/cats', at(here));
  const before = here.server.asked.length;
  assert.equal((await loadSource('hf:me/cats', at(here))).labels, ['ant', 'bee']);
  assert.is(here.server.asked.length, before);
  await here.server.close();
  await loadSource('hf:me/cats', { ...at(here), offline: true });
});

test('a branch is pinned to its commit, until it is pulled again', async (here) => {
  publish(here, 'me/cats', COMMITS[0], { 'config.json': bytesOf(CONFIG), 'onnx/model.onnx': MODEL });
  await loadSource('hf:me/cats', at(here));
  assert.ok(here.server.asked.includes(`GET /me/cats/resolve/${COMMITS[0]}/config.json`));
  publish(here, 'me/cats', COMMITS[1], {
    'config.json': bytesOf('{"id2label": {"0": "cat"}}'),
    'onnx/model.onnx': MODEL,
  });
  assert.equal((await loadSource('hf:me/cats', at(here))).labels, ['ant', 'bee']);
  const { path } = await downloadModel('hf:me/cats', at(here));
  assert.match(path!, new RegExp(COMMITS[1]));
  assert.equal((await loadSource('hf:me/cats', at(here))).labels, ['cat']);
});

test('what is pulled again and has not changed is not sent again', async (here) => {
  publish(here, 'me/cats', COMMITS[0], { 'onnx/model.onnx': MODEL });
  await downloadModel('hf:me/cats', at(here));
  await downloadModel('hf:me/cats', at(here));
  assert.is(here.server.asked.filter((line) => line.startsWith('GET /store/')).length, 1);
});

for (const [name, path] of [
  ['hf:me/cats', 'model.onnx'],
  ['hf:me/cats', 'cats.onnx'],
  ['hf:me/cats:fp16', 'onnx/model_fp16.onnx'],
  ['hf:me/cats:quantized', 'onnx/model_quantized.onnx'],
  ['hf:me/cats:deep/other.onnx', 'deep/other.onnx'],
  ['hf:me/cats@main:onnx/model.onnx', 'onnx/model.onnx'],
] as const) {
  test(`${name} finds ${path}`, async (here) => {
    publish(here, 'me/cats', COMMITS[0], { [path]: MODEL });
    const found = await downloadModel(name, at(here));
    assert.ok(found.path!.endsWith(path));
  });
}

test('weights in a file of their own come along, and several names of one repository keep apart', async (here) => {
  const plain = external(MODEL, 'model.onnx_data');
  const named = external(MODEL, 'half.onnx.data');
  publish(here, 'me/cats', COMMITS[0], {
    'onnx/model.onnx': plain.model,
    'onnx/model.onnx_data': plain.weights,
    'onnx/model_fp16.onnx': named.model,
    'onnx/half.onnx.data': named.weights,
  });
  const full = await loadSource('hf:me/cats', at(here));
  assert.is(full.external[0].data.length, plain.weights.length);
  const half = await loadSource('hf:me/cats:fp16', at(here));
  assert.equal(
    half.external.map(({ path }) => path),
    ['half.onnx.data'],
  );
  await removeModel('hf:me/cats', at(here));
  await loadSource('hf:me/cats:fp16', { ...at(here), offline: true });
});

test('weights outside of the folder of the model are not asked for, and the model does not stay', async (here) => {
  const { model } = external(MODEL, '../../other/secret');
  publish(here, 'me/cats', COMMITS[0], { 'onnx/model.onnx': model });
  const error = await rejection(loadSource('hf:me/cats', at(here)));
  assert.is(error.code, 'BAD_MODEL');
  assert.not.ok(here.server.asked.some((line) => line.includes('secret')));
  assert.is((await findModel('hf:me/cats', { ...at(here), offline: true })).here, false);
});

test('a file that is not a model does not stay', async (here) => {
  publish(here, 'me/cats', COMMITS[0], { 'onnx/model.onnx': new Uint8Array(2000).fill(65) });
  assert.is((await rejection(loadSource('hf:me/cats', at(here)))).code, 'BAD_MODEL');
  publish(here, 'me/cats', COMMITS[0], { 'onnx/model.onnx': MODEL });
  await loadSource('hf:me/cats', at(here));
});

test('a damaged file in the store of the hub is found by its checksum', async (here) => {
  publish(here, 'me/cats', COMMITS[0], { 'onnx/model.onnx': MODEL });
  here.server.routes.set(`/store/${sha(MODEL)}`, file(MODEL.map((byte) => byte ^ 1)));
  assert.is((await rejection(loadSource('hf:me/cats', at(here)))).code, 'BAD_CHECKSUM');
  assert.equal(await rejectionOfRead(here), false);
});

/** Whether anything complete is in the cache. */
const rejectionOfRead = async (here: Here): Promise<boolean> =>
  (await findModel('hf:me/cats', { ...at(here), offline: true })).here;

test('a file that was cut or removed behind our back is downloaded again', async (here) => {
  publish(here, 'me/cats', COMMITS[0], { 'onnx/model.onnx': MODEL });
  const { path } = await downloadModel('hf:me/cats', at(here));
  writeFileSync(path!, MODEL.subarray(0, 100));
  await loadSource('hf:me/cats', at(here));
  rmSync(path!);
  await loadSource('hf:me/cats', at(here));
});

test('a repository without a model says what was tried, and how to name a file', async (here) => {
  publish(here, 'me/cats', COMMITS[0], { 'config.json': bytesOf(CONFIG) });
  const error = await rejection(loadSource('hf:me/cats', at(here)));
  assert.is(error.code, 'DOWNLOAD');
  for (const path of ['onnx/model.onnx', 'model.onnx', 'cats.onnx'])
    assert.ok(error.message.includes(`${here.server.url}/me/cats/resolve/main/${path}`));
  assert.match(error.message, /hf:me\/cats:onnx\/model\.onnx/);
});

test('a repository that does not exist', async (here) => {
  here.server.routes.set(
    '/me/cats/resolve/main/onnx/model.onnx',
    status(401, { 'x-error-code': 'RepoNotFound' }),
  );
  const error = await rejection(loadSource('hf:me/cats', at(here)));
  assert.match(error.message, /no such repository, or it is private/);
});

test('a server that takes no HEAD', async (here) => {
  const get: Route = (request, response) =>
    request.method === 'HEAD' ? response.writeHead(405).end() : file(MODEL)(request, response);
  here.server.routes.set('/me/cats/resolve/main/onnx/model.onnx', get);
  await loadSource('hf:me/cats', at(here));
});

test('the token reaches the hub, and not the host of its store', async (here) => {
  const seen = new Map<string, unknown>();
  publish(here, 'me/cats', COMMITS[0], { 'onnx/model.onnx': MODEL });
  for (const [path, route] of [...here.server.routes]) {
    here.server.routes.set(path, (request, response) => {
      seen.set(path, request.headers.authorization);
      route(request, response);
    });
  }
  await loadSource('hf:me/cats', { ...at(here), hubToken: 'secret' });
  assert.is(seen.get('/me/cats/resolve/main/onnx/model.onnx'), 'Bearer secret');
  assert.is(seen.get(`/store/${sha(MODEL)}`), undefined);
  assert.ok(seen.has(`/store/${sha(MODEL)}`));
});

test('offline is said before anything is asked', async (here) => {
  const error = await rejection(loadSource('hf:me/cats', { ...at(here), offline: true }));
  assert.equal([error.code, error.option, error.retriable], ['NOT_DOWNLOADED', 'offline', false]);
  assert.ok(error.message.includes(here.folder));
  assert.equal(here.server.asked, []);
});

test('HF_HUB_OFFLINE, HF_ENDPOINT, HF_TOKEN and CAMWASM_CACHE mean what people expect', async (here) => {
  let token: unknown;
  publish(here, 'me/cats', COMMITS[0], { 'onnx/model.onnx': MODEL });
  const path = '/me/cats/resolve/main/onnx/model.onnx';
  const route = here.server.routes.get(path)!;
  here.server.routes.set(path, (request, response) => {
    token = request.headers.authorization;
    route(request, response);
  });
  const variables = { HF_ENDPOINT: `${here.server.url}/`, HF_TOKEN: 'mine', CAMWASM_CACHE: here.folder };
  const before = { ...process.env };
  Object.assign(process.env, variables, { HF_HUB_OFFLINE: '1' });
  try {
    assert.is((await rejection(loadSource('hf:me/cats', {}))).code, 'NOT_DOWNLOADED');
    process.env.HF_HUB_OFFLINE = '0';
    const { files } = await loadSource('hf:me/cats', {});
    assert.ok(String(files[0]).startsWith(here.folder));
    assert.is(token, 'Bearer mine');
  } finally {
    for (const name of ['HF_HUB_OFFLINE', ...Object.keys(variables)]) {
      if (before[name] === undefined) Reflect.deleteProperty(process.env, name);
      else process.env[name] = before[name];
    }
  }
});

test('a known model is verified before it is read: the right size is not enough', async (here) => {
  const { repository, file: name, bytes } = KNOWN_MODELS['mobilenetv2-qdq'];
  here.server.routes.set(`/${repository}/resolve/main/${name}`, file(new Uint8Array(bytes)));
  const error = await rejection(loadSource('mobilenetv2-qdq', at(here)));
  assert.equal([error.code, error.retriable], ['BAD_CHECKSUM', false]);
  assert.is((await findModel('mobilenetv2-qdq', at(here))).here, false);
});

test('of a known model everything is known without the network', async (here) => {
  const found = await findModel('mobilenetv2', at(here));
  const { bytes, repository, file: name } = KNOWN_MODELS.mobilenetv2;
  assert.equal(found, {
    name: 'mobilenetv2',
    here: false,
    path: undefined,
    bytes,
    origin: `${here.server.url}/${repository}/resolve/main/${name}`,
    destination: here.folder,
  });
  assert.equal(here.server.asked, []);
});

test('an address: settings and weights beside it come along', async (here) => {
  const { model, weights } = external(MODEL, 'w.bin');
  here.server.routes.set('/x/model.onnx', file(model, { etag: '"1"' }));
  here.server.routes.set('/x/w.bin', file(weights));
  here.server.routes.set('/x/config.json', file(bytesOf(CONFIG)));
  const { labels, external: data } = await loadSource(
    `${here.server.url}/x/model.onnx?download=true`,
    at(here),
  );
  assert.equal(labels, ['ant', 'bee']);
  assert.is(data[0].data.length, weights.length);
});

test('an address is loaded again when the server has another version, and from the cache when it has none', async (here) => {
  const address = `${here.server.url}/model.onnx`;
  here.server.routes.set('/model.onnx', file(MODEL, { etag: '"1"' }));
  const get = () => here.server.asked.filter((line) => line === 'GET /model.onnx').length;
  await loadSource(address, at(here));
  await loadSource(new URL(address), at(here));
  assert.is(get(), 1);
  here.server.routes.set('/model.onnx', file(MODEL, { etag: '"2"' }));
  await loadSource(address, at(here));
  assert.is(get(), 2);
  here.server.routes.set('/model.onnx', status(404));
  await loadSource(address, at(here));
  assert.is(get(), 2);
});

test('an address needs no folder to be kept in', async (here) => {
  const blocked = join(here.folder, 'file');
  writeFileSync(blocked, '');
  here.server.routes.set('/model.onnx', file(MODEL));
  const options = { ...at(here), cacheFolder: join(blocked, 'cache') };
  await loadSource(`${here.server.url}/model.onnx`, options);
  publish(here, 'me/cats', COMMITS[0], { 'onnx/model.onnx': MODEL });
  const error = await rejection(loadSource('hf:me/cats', options));
  assert.equal([error.code, error.option], ['OUTPUT', 'cacheFolder']);
});

test('lists the built-in model, known ones and others; removes what is here', async (here) => {
  publish(here, 'me/cats', COMMITS[0], { 'config.json': bytesOf(CONFIG), 'onnx/model.onnx': MODEL });
  await downloadModel('hf:me/cats', at(here));
  const listed = await listModels(at(here));
  assert.equal(
    listed.map(({ kind }) => kind),
    ['builtin', ...Object.keys(KNOWN_MODELS).map(() => 'known'), 'other'],
  );
  const [other] = listed.slice(-1);
  assert.equal([other.name, other.here, other.bytes], ['hf:me/cats', true, MODEL.length + CONFIG.length]);
  assert.ok(existsSync(other.path!));
  assert.ok(listed[0].here && listed[0].classes! > 1);
  assert.is(await removeModel('hf:me/cats', at(here)), MODEL.length + CONFIG.length);
  assert.is(await removeModel('hf:me/cats', at(here)), 0);
  assert.equal(readdirSync(here.folder), []);
});

test('the built-in model has a name, is always here, and cannot be removed', async (here) => {
  const [{ name, path }] = await listModels(at(here));
  assert.equal((await findModel(name, at(here))).path, path);
  assert.is((await loadSource(name, at(here))).files.length, 3);
  assert.is((await rejection(removeModel(name, at(here)))).code, 'BAD_OPTION');
});

test('where no files can be written, the Cache API keeps them', async (here) => {
  publish(here, 'me/cats', COMMITS[0], {
    'config.json': bytesOf(CONFIG),
    'preprocessor_config.json': bytesOf('{"do_rescale": false}'),
    'onnx/model.onnx': external(MODEL, 'model.onnx_data').model,
    'onnx/model.onnx_data': external(MODEL, 'model.onnx_data').weights,
  });
  const kept = new Map<string, Response>();
  const cache = {
    match: (key: string) => Promise.resolve(kept.get(key)?.clone()),
    put: (key: string, response: Response) => Promise.resolve(void kept.set(key, response)),
    delete: (key: string) => Promise.resolve(kept.delete(key)),
    keys: () => Promise.resolve([...kept.keys()].map((url) => ({ url }))),
  };
  // As in Deno without --allow-write.
  const globals = {
    caches: { open: () => Promise.resolve(cache) },
    Deno: {
      permissions: {
        querySync: ({ name }: { name: string }) => ({ state: name === 'env' ? 'granted' : 'prompt' }),
      },
    },
  };
  const before = Object.keys(globals).map(
    (name) => [name, Object.getOwnPropertyDescriptor(globalThis, name)] as const,
  );
  for (const [name, value] of Object.entries(globals))
    Object.defineProperty(globalThis, name, { value, configurable: true });
  try {
    const options = { hubEndpoint: here.server.url };
    const load = async () => {
      const { labels, found, external: data, files } = await loadSource('hf:me/cats', options);
      assert.equal([labels, found?.settings.range, data.length, files], [['ant', 'bee'], [0, 255], 1, []]);
    };
    await load();
    const asked = here.server.asked.length;
    await load();
    assert.is(here.server.asked.length, asked);
    assert.is((await listModels()).at(-1)!.name, 'hf:me/cats');
    assert.ok((await removeModel('hf:me/cats', options)) > 0);
    assert.is(kept.size, 0);
  } finally {
    for (const [name, property] of before) {
      if (property) Object.defineProperty(globalThis, name, property);
      else Reflect.deleteProperty(globalThis, name);
    }
  }
});

test.run();

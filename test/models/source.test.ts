import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Context,suite } from 'uvu';
import { CamError } from '../../src/errors.ts';
import { builtinModel } from '../../src/models/builtin.ts';
import { loadModel } from '../../src/models/source.ts';
import * as assert from '../helpers/assert.ts';
import { external } from '../helpers/external.ts';
import { rejection } from '../helpers/failure.ts';
import { fixture } from '../helpers/fixtures.ts';

interface Here extends Context {
  folder: string;
}

const test = suite<Here>('what a model is read from');

test.before.each((here) => {
  here.folder = mkdtempSync(join(tmpdir(), 'camwasm-models-'));
  mkdirSync(join(here.folder, 'onnx'));
});
test.after.each(({ folder }) => rmSync(folder, { recursive: true }));

/** Writes a model whose weights lie at `location`, as the model says it; the file itself is at `onnx/w.bin`. */
function save({ folder }: Here, location: string): string {
  const { model, weights } = external(fixture('gap').model, location);
  writeFileSync(join(folder, 'onnx/w.bin'), weights);
  writeFileSync(join(folder, 'onnx/model.onnx'), model);
  return join(folder, 'onnx/model.onnx');
}

test('the model, its weights, and the settings that are found: beside it, or one folder up', async (here) => {
  const path = save(here, 'w.bin');
  const [config, preprocessor] = [
    join(here.folder, 'onnx/config.json'),
    join(here.folder, 'preprocessor_config.json'),
  ];
  writeFileSync(config, '{"id2label": {"0": "ant"}}');
  writeFileSync(preprocessor, '{}');
  const { files, labels } = await loadModel(path);
  assert.equal(labels, ['ant']);
  const real = files.map((file) => join(String(file)));
  assert.equal(real, [path, join(here.folder, 'onnx/w.bin'), config, preprocessor]);
});

test('what is handed over was read from no file', async (here) => {
  const path = save(here, 'w.bin');
  writeFileSync(join(here.folder, 'config.json'), '{}');
  assert.equal((await loadModel(fixture('gap').model)).files, []);
  const { files } = await loadModel(path, { external: [], config: {} });
  assert.equal(files, [path]);
});

test('the built-in model', async () => {
  const { model, config, preprocessor } = builtinModel();
  assert.equal((await loadModel(builtinModel())).files.map(String), [model, config, preprocessor].map(String));
});

test('weights that are cut off are told with the number of bytes', async (here) => {
  const path = save(here, 'w.bin');
  const weights = readFileSync(join(here.folder, 'onnx/w.bin'));
  const cut = weights.subarray(0, weights.length - 1);
  writeFileSync(join(here.folder, 'onnx/w.bin'), cut);
  const model = readFileSync(path);
  for (const load of [() => loadModel(path), () => loadModel(model, { external: [{ path: 'w.bin', data: cut }] })]) {
    const error = await load().catch((e: unknown) => e);
    assert.is((error as CamError).code, 'BAD_MODEL');
    assert.match(
      (error as CamError).message,
      new RegExp(`"w.bin" is incomplete: it has ${cut.length} bytes, but the weights ".+" end at byte ${weights.length}`),
    );
  }
});

for (const location of ['w.bin', './w.bin', 'deeper/../w.bin']) {
  test(`weights at "${location}" are inside the folder of the model`, async (here) => {
    const path = save(here, location);
    mkdirSync(join(here.folder, 'onnx/deeper'));
    assert.is((await loadModel(path)).external.length, 1);
    assert.is((await loadModel(pathToFileURL(path))).external.length, 1);
  });
}

for (const location of [
  '../onnx/w.bin',
  'deeper/../../onnx/w.bin',
  'deeper//../../onnx/w.bin',
  '..\\onnx\\w.bin',
  '%2e%2e/onnx/w.bin',
  '/etc/hostname',
  'C:\\w.bin',
  'https://example.com/w.bin',
]) {
  test(`weights at "${location}" are outside of it, and not opened`, async (here) => {
    const path = save(here, location);
    for (const place of [path, pathToFileURL(path)]) {
      const error = await loadModel(place).catch((error: unknown) => error);
      assert.instance(error, CamError);
      assert.is((error as CamError).code, 'BAD_MODEL');
      assert.match((error as CamError).message, /outside its folder.*beside it/);
      assert.ok((error as CamError).message.includes(`"${location}"`));
    }
  });
}

test('weights behind a link out of the folder are not opened, nor what is not a file', async (here) => {
  const path = save(here, 'w.bin');
  const weights = join(here.folder, 'onnx/w.bin');
  renameSync(weights, join(here.folder, 'w.bin'));
  symlinkSync('../w.bin', weights);
  for (const place of [path, pathToFileURL(path)]) {
    const error = await rejection(loadModel(place));
    assert.is(error.code, 'BAD_MODEL');
    assert.match(error.message, /outside its folder, or a link to what is/);
  }
  rmSync(weights);
  mkdirSync(weights);
  assert.is((await rejection(loadModel(path))).code, 'BAD_MODEL');
});

test('model and weights may be links into one folder, as in the cache of Hugging Face', async (here) => {
  const path = save(here, 'w.bin');
  const snapshot = join(here.folder, 'snapshot');
  mkdirSync(snapshot);
  for (const name of ['model.onnx', 'w.bin']) symlinkSync(`../onnx/${name}`, join(snapshot, name));
  assert.is((await loadModel(join(snapshot, 'model.onnx'))).external.length, 1);
  symlinkSync('onnx', join(here.folder, 'link'));
  assert.is((await loadModel(join(here.folder, 'link/model.onnx'))).external.length, 1);
  assert.is((await loadModel(path)).external.length, 1);
});

test.run();

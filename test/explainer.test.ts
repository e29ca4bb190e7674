import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { CamError, Explainer, type ErrorCode } from '../src/index.ts';
import { floatTensor } from '../src/runtime/tensor.ts';
import { external } from './external.ts';
import { fixture } from './fixtures.ts';

const test = suite('Explainer');

const golfBall = readFileSync(new URL('../examples/golf-ball.jpg', import.meta.url));

/** The promise must fail with a CamError of this code whose message matches. */
async function fails(work: Promise<unknown>, code: ErrorCode, message: RegExp): Promise<void> {
  try {
    await work;
  } catch (error) {
    assert.instance(error, CamError);
    assert.is((error as CamError).code, code);
    assert.match((error as CamError).message, message);
    return;
  }
  assert.unreachable(`no ${code}`);
}

test('says what it sees, where it looked and how sure it is', async () => {
  const explainer = await Explainer.load();
  const { prediction, explanations } = await explainer.explainAll(golfBall, { method: 'Grad-CAM' });
  const [{ heatmap, layers, target, raw, method }] = explanations;
  assert.is(method, 'gradcam');
  assert.is(prediction[0].label, 'golf ball');
  assert.is(target.label, 'golf ball');
  assert.is(target.score, prediction[0].logit);
  assert.ok(Math.abs(target.probability! - prediction[0].probability) < 1e-6);
  assert.equal(layers, ['stage4.block2']);
  assert.equal([heatmap.width, heatmap.height], [640, 480]);
  const [low, high] = heatmap.data.reduce(([a, b], v) => [Math.min(a, v), Math.max(b, v)], [1, 0]);
  assert.equal([low, high], [0, 1]);
  assert.equal([raw[0].channels, raw[0].height, raw[0].width], [1, 9, 9]);
  await explainer.close();
});

test('the prediction of a GAP network is what its own output says', async () => {
  const { model, tensor, target } = fixture('gap');
  const explainer = await Explainer.load(model);
  const { prediction } = await explainer.explainAll(tensor('input'), { target });
  const logits = [...tensor('output').data];
  assert.is(prediction[0].index, logits.indexOf(Math.max(...logits)));
  const sum = logits.reduce((total, logit) => total + Math.exp(logit), 0);
  assert.ok(Math.abs(prediction[0].probability - Math.exp(Math.max(...logits)) / sum) < 1e-6);
  await explainer.close();
});

test('one forward and one backward per class serve all gradient methods', async () => {
  const explainer = await Explainer.load();
  const { runs } = await explainer.network(golfBall);
  await explainer.explainAll(golfBall, {
    method: ['cam', 'gradcam', 'gradcampp', 'layercam', 'saliency'],
    target: ['golf ball', 'dog'],
  });
  assert.equal([runs.forward, runs.backward], [1, 2]);
  await explainer.close();
});

test('calls that overlap take turns', async () => {
  const explainer = await Explainer.load();
  const sizes = [48, 64, 80].map((side) =>
    floatTensor([1, 3, side, side], new Float32Array(3 * side * side).fill(0.5)),
  );
  const found = await Promise.all(sizes.map((input) => explainer.explain(input, { target: 0 })));
  assert.equal(
    found.map(({ heatmap }) => heatmap.width),
    [48, 64, 80],
  );
  await explainer.close();
});

test('reads weights that lie beside the model', async () => {
  const given = fixture('vgg');
  const folder = mkdtempSync(join(tmpdir(), 'camwasm-'));
  const { model, weights } = external(given.model, 'weights.bin');
  writeFileSync(join(folder, 'model.onnx'), model);
  await fails(Explainer.load(join(folder, 'model.onnx')), 'BAD_MODEL', /weights\.bin/);
  await fails(Explainer.load(model), 'BAD_MODEL', /weights\.bin.*`external`/s);
  writeFileSync(join(folder, 'weights.bin'), weights);
  const options = { target: given.target, layer: given.layer, method: 'saliency' };
  const whole = await Explainer.load(given.model);
  const split = await Explainer.load(join(folder, 'model.onnx'));
  const handed = await Explainer.load(model, { external: [{ path: 'weights.bin', data: weights }] });
  const expected = await whole.explain(given.tensor('input'), options);
  for (const explainer of [split, handed]) {
    assert.equal((await explainer.explain(given.tensor('input'), options)).raw, expected.raw);
  }
  for (const explainer of [whole, split, handed]) await explainer.close();
  rmSync(folder, { recursive: true });
});

test('finds labels and preprocessing of a Hugging Face export beside the model', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'camwasm-'));
  writeFileSync(join(folder, 'model.onnx'), fixture('gap').model);
  writeFileSync(join(folder, 'config.json'), '{"id2label": {"0": "ant", "1": "bee"}}');
  writeFileSync(
    join(folder, 'preprocessor_config.json'),
    '{"image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5]}',
  );
  const explainer = await Explainer.load(join(folder, 'model.onnx'));
  assert.equal(explainer.labels, ['ant', 'bee']);
  assert.equal(explainer.info.preprocessing?.mean, [0.5, 0.5, 0.5]);
  await explainer.close();
  rmSync(folder, { recursive: true });
});

test('stops between runs when the signal says so', async () => {
  const explainer = await Explainer.load();
  const stop = new AbortController();
  const progress: number[] = [];
  const work = explainer.explain(golfBall, {
    method: 'scorecam',
    batchSize: 4,
    signal: stop.signal,
    onProgress: ({ done }) => {
      progress.push(done);
      if (done === 8) stop.abort();
    },
  });
  await fails(work, 'ABORTED', /Stopped/);
  assert.equal(progress, [4, 8]);
  await explainer.close();
});

test('refuses what it cannot explain, and says what to do', async () => {
  const explainer = await Explainer.load();
  const tensor = (...dims: number[]) => floatTensor(dims, new Float32Array(dims.reduce((a, b) => a * b, 1)));
  await fails(explainer.explain(golfBall, { method: 'grad-kam' }), 'UNKNOWN_METHOD', /gradcam/);
  await fails(explainer.explain(golfBall, { layer: 'stage4.block' }), 'UNKNOWN_LAYER', /stage4\.block2/);
  await fails(explainer.explain(golfBall, { target: 36 }), 'UNKNOWN_CLASS', /from 0 to 35/);
  await fails(explainer.explain(golfBall, { target: 'zebra' }), 'UNKNOWN_CLASS', /zebra/);
  await fails(explainer.explain(new Uint8Array(100)), 'BAD_IMAGE', /image/);
  await fails(explainer.explain(golfBall.subarray(0, 5000)), 'BAD_IMAGE', /.*/);
  await fails(explainer.explain(tensor(2, 3, 64, 64)), 'BAD_TENSOR', /one image/);
  await fails(explainer.explain(tensor(1, 4, 64, 64)), 'BAD_TENSOR', /\[1, 4, 64, 64\]/);
  await fails(explainer.explain(undefined), 'BAD_OPTION', /give it one/);
  await fails(explainer.explain(undefined, { method: 'class-visualization' }), 'BAD_OPTION', /class/);
  await explainer.close();
  await fails(explainer.explain(golfBall), 'BAD_OPTION', /closed/);
});

test('refuses what is no model', async () => {
  await fails(Explainer.load('no/such/model.onnx'), 'BAD_MODEL', /no\/such\/model\.onnx/);
  await fails(Explainer.load(golfBall), 'BAD_MODEL', /not an ONNX model/);
  await fails(Explainer.load(fixture('gap').model.subarray(0, 20000)), 'BAD_MODEL', /cut off/);
  await fails(
    Explainer.load(undefined, { threads: 0 }).then((e) => e.explain(golfBall)),
    'BAD_OPTION',
    /threads/,
  );
});

test('CAM says which head it needs where a network has another', async () => {
  const { model, tensor, layer } = fixture('vgg');
  const explainer = await Explainer.load(model);
  const { failures, explanations } = await explainer.explainAll(tensor('input'), {
    method: ['cam', 'gradcam'],
    layer,
  });
  assert.equal(
    explanations.map(({ method }) => method),
    ['gradcam'],
  );
  assert.match(failures[0].error.message, /global average pooling.*gradcam/);
  await explainer.close();
});

test.run();

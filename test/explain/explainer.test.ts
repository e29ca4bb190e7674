import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import { CamError, type ErrorCode, Explainer, overlay } from '../../src/index.ts';
import { fields, MessageWriter } from '../../src/onnx/wire.ts';
import type { OrtModule } from '../../src/runtime/ort.ts';
import { floatTensor, sizeOf } from '../../src/runtime/tensor.ts';
import * as assert from '../helpers/assert.ts';
import { external } from '../helpers/external.ts';
import { fixture } from '../helpers/fixtures.ts';
import { regraph } from '../helpers/regraph.ts';
import { Draft } from '../network/draft.ts';

const test = suite('Explainer');

const golfBall = readFileSync(new URL('../../examples/golf-ball.jpg', import.meta.url));

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

const zeros = (...dims: number[]) => floatTensor(dims, new Float32Array(sizeOf(dims)));

/** A runtime that loads no model. */
const refusing = (text: string): OrtModule =>
  ({
    env: { wasm: {} },
    InferenceSession: { create: () => Promise.reject(new Error(text)) },
  }) as unknown as OrtModule;

/** The same model, of whose inputs nothing is declared but that they are float32. */
function withoutShapes(model: Uint8Array): Uint8Array {
  const type = new MessageWriter().message(1, new MessageWriter().int(1, 1));
  return regraph(model, (field, graph) => {
    const [name] = field.id === 11 ? fields(field.bytes) : [];
    if (name) graph.message(11, new MessageWriter().bytesField(1, name.bytes).message(2, type));
    return name !== undefined;
  });
}

test('two names of one layer are one layer', async () => {
  const { model, layer, tensor, target } = fixture('resnet');
  const explainer = await Explainer.load(model);
  const image = tensor('input');
  const byModule = await explainer.explain(image, {
    class: target,
    layer: ['layer4', 'layer4.0.act2', layer],
  });
  assert.equal(byModule.layers, [layer]);
  assert.equal(byModule.raw, (await explainer.explain(image, { class: target, layer })).raw);
  await fails(explainer.explain(image, { layer: 'layer5' }), 'UNKNOWN_LAYER', /Did you mean "layer\d" or/);
  await explainer.close();
});

test('says what it sees, where it looked and how sure it is', async () => {
  const explainer = await Explainer.load();
  const { prediction, explanations } = await explainer.explainAll(golfBall, { method: 'Grad-CAM' });
  const [{ heatmap, layers, target, raw, method }] = explanations;
  assert.is(method, 'gradcam');
  assert.is(prediction[0].label, 'golf ball');
  assert.is(target.label, 'golf ball');
  assert.is(target.score, prediction[0].logit);
  assert.ok(Math.abs(target.probability! - prediction[0].probability!) < 1e-6);
  assert.equal(layers, ['head.relu6']);
  assert.equal([heatmap.width, heatmap.height], [640, 480]);
  const [low, high] = heatmap.data.reduce(([a, b], v) => [Math.min(a, v), Math.max(b, v)], [1, 0]);
  assert.equal([low, high], [0, 1]);
  assert.equal([raw[0].channels, raw[0].height, raw[0].width], [1, 7, 7]);
  await explainer.close();
});

test('one answer tells of the prediction, the preprocessing and the time as a report does', async () => {
  const explainer = await Explainer.load();
  const { prediction, preprocessing } = await explainer.explainAll(golfBall);
  const answer = await explainer.explain(golfBall);
  assert.equal(answer.prediction, prediction);
  assert.equal(answer.preprocessing, preprocessing);
  assert.is(answer.preprocessingSources?.layout, 'model');
  for (const stage of ['decode', 'prepare', 'forward', 'backward', 'gradcam', 'heatmap'])
    assert.ok(answer.timings[stage] >= 0, stage);
  assert.is((await overlay(answer)).width, 640);
  await explainer.close();
});

test('a tensor is fed as it is: no preprocessing is told of', async () => {
  const { model, tensor, target } = fixture('gap');
  const explainer = await Explainer.load(model);
  assert.is((await explainer.explain(tensor('input'), { target })).preprocessing, undefined);
  assert.ok(explainer.info.preprocessing);
  await explainer.close();
});

test('the prediction of a GAP network is what its own output says', async () => {
  const { model, tensor, target } = fixture('gap');
  const explainer = await Explainer.load(model);
  const { prediction } = await explainer.explainAll(tensor('input'), { target });
  const logits = [...tensor('output').data];
  assert.is(prediction[0].index, logits.indexOf(Math.max(...logits)));
  const sum = logits.reduce((total, logit) => total + Math.exp(logit), 0);
  assert.ok(Math.abs(prediction[0].probability! - Math.exp(Math.max(...logits)) / sum) < 1e-6);
  await explainer.close();
});

test('one forward and one backward per class serve all gradient methods', async () => {
  const explainer = await Explainer.load();
  const { runs } = await explainer.explainAll(golfBall, {
    method: ['cam', 'gradcam', 'gradcampp', 'layercam', 'saliency'],
    target: ['golf ball', 'daisy'],
  });
  assert.equal([runs.forward, runs.backward], [1, 2]);
  await explainer.close();
});

test('calls that overlap take turns', async () => {
  const explainer = await Explainer.load();
  const sizes = [64, 96, 128].map((side) =>
    floatTensor([1, 3, side, side], new Float32Array(3 * side * side).fill(0.5)),
  );
  const found = await Promise.all(sizes.map((input) => explainer.explain(input, { target: 0 })));
  assert.equal(
    found.map(({ heatmap }) => heatmap.width),
    [64, 96, 128],
  );
  await explainer.close();
});

test('reads weights that lie beside the model', async () => {
  const given = fixture('gap');
  const folder = mkdtempSync(join(tmpdir(), 'camwasm-'));
  const { model, weights } = external(given.model, 'weights.bin');
  writeFileSync(join(folder, 'model.onnx'), model);
  await fails(Explainer.load(join(folder, 'model.onnx')), 'BAD_MODEL', /weights\.bin/);
  await fails(Explainer.load(model), 'BAD_MODEL', /weights\.bin.*`external`/s);
  writeFileSync(join(folder, 'weights.bin'), weights);
  // CAM reads the classifier's weights, FullGrad the biases.
  const options = { target: given.target, layer: given.layer, method: ['saliency', 'cam', 'fullgrad'] };
  const whole = await Explainer.load(given.model);
  const split = await Explainer.load(join(folder, 'model.onnx'));
  const handed = await Explainer.load(model, { external: [{ path: 'weights.bin', data: weights }] });
  const maps = async (explainer: Explainer) => {
    const { explanations, failures } = await explainer.explainAll(given.tensor('input'), options);
    assert.equal(failures, []);
    return explanations.map(({ raw }) => raw);
  };
  const expected = await maps(whole);
  for (const explainer of [split, handed]) assert.equal(await maps(explainer), expected);
  for (const explainer of [whole, split, handed]) await explainer.close();
  rmSync(folder, { recursive: true });
});

test('finds labels and preprocessing of a Hugging Face export beside the model', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'camwasm-'));
  writeFileSync(join(folder, 'model.onnx'), fixture('gap').model);
  const names = ['ant', 'bee', ...Array.from({ length: 8 }, (_, i) => `insect ${i}`)];
  writeFileSync(join(folder, 'config.json'), JSON.stringify({ id2label: { ...names } }));
  writeFileSync(
    join(folder, 'preprocessor_config.json'),
    '{"image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5]}',
  );
  const explainer = await Explainer.load(join(folder, 'model.onnx'));
  assert.equal(explainer.labels, names);
  assert.equal(explainer.info.preprocessing?.mean, [0.5, 0.5, 0.5]);
  assert.is(explainer.info.preprocessingSources?.mean, 'preprocessor_config.json');
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
  await fails(work, 'ABORTED', /Aborted/);
  assert.equal(progress, [4, 8]);
  await explainer.close();
});

test('refuses what it cannot explain, and says what to do', async () => {
  const explainer = await Explainer.load();
  const tensor = (...dims: number[]) => floatTensor(dims, new Float32Array(dims.reduce((a, b) => a * b, 1)));
  await fails(explainer.explain(golfBall, { method: 'grad-kam' }), 'UNKNOWN_METHOD', /gradcam/);
  await fails(explainer.explain(golfBall, { layer: 'stage7.block' }), 'UNKNOWN_LAYER', /stage7\.block1/);
  await fails(explainer.explain(golfBall, { target: 1000 }), 'UNKNOWN_CLASS', /from 0 to 999/);
  await fails(explainer.explain(golfBall, { target: 'unicorn' }), 'UNKNOWN_CLASS', /unicorn/);
  await fails(explainer.explain(new Uint8Array(100)), 'BAD_IMAGE', /image/);
  await fails(explainer.explain(golfBall.subarray(0, 5000)), 'BAD_IMAGE', /.*/);
  await fails(explainer.explain(tensor(2, 3, 64, 64)), 'BAD_TENSOR', /one image/);
  await fails(explainer.explain(tensor(1, 4, 64, 64)), 'BAD_TENSOR', /\[1, 4, 64, 64\]/);
  await fails(explainer.explain(undefined), 'BAD_IMAGE', /Grad-CAM needs an image/);
  await fails(explainer.predict(undefined as never), 'BAD_IMAGE', /predict\(\) needs an image/);
  await fails(explainer.explain(undefined, { method: 'class-visualization' }), 'BAD_OPTION', /class/);
  await explainer.close();
  await fails(explainer.explain(golfBall), 'RUNTIME', /closed/);
  await fails(explainer.predict(golfBall), 'RUNTIME', /closed/);
});

test('refuses what types forbid and programs pass all the same', async () => {
  const explainer = await Explainer.load();
  const pixels = { data: new Uint8ClampedArray(10), width: 40, height: 30 };
  await fails(explainer.explain(pixels), 'BAD_IMAGE', /40 x 30 pixels with 10 bytes/);
  await fails(explainer.explain({ ...pixels, width: 1e5, height: 1e5 }), 'BAD_IMAGE', /bytes/);
  await fails(explainer.explain('cat.jpg'), 'BAD_IMAGE', /"cat.jpg": There is no such file/);
  await fails(explainer.explain(5 as never), 'BAD_IMAGE', /5 is not an image/);
  await fails(explainer.explain(null as never), 'BAD_IMAGE', /null is not an image/);
  await fails(explainer.explain(golfBall, { layer: [] }), 'BAD_OPTION', /`layer` is an empty list/);
  await fails(explainer.explain(golfBall, { method: [] }), 'BAD_OPTION', /`method` is an empty list/);
  await fails(explainer.explain(golfBall, { score: 'foo' as 'logit' }), 'BAD_OPTION', /logit, probability/);
  await explainer.close();
});

test('says that the input is no layer, and who looks there', async () => {
  const explainer = await Explainer.load();
  await fails(explainer.explain(golfBall, { layer: 'input' }), 'UNKNOWN_LAYER', /is an input.*saliency/);
  await explainer.close();
});

test('refuses labels that are not as many as the classes', async () => {
  const loading = Explainer.load(undefined, { labels: ['ant', 'bee'] });
  await fails(loading, 'BAD_LABELS', /1000 classes, but there are 2 labels/);
  assert.equal((await Explainer.load()).warnings, []);
});

test('a model of several images at once, of no input or no output is refused, with what to do', async () => {
  const draft = (dims: number[]) => {
    const made = new Draft();
    const y = made.head(made.relu(made.conv(made.e.input('x', 'float32', dims), 3, 4)), 4, [2, 3]);
    return { e: made.e, y };
  };
  const two = draft([2, 3, 8, 8]);
  two.e.output(two.y, 'y');
  const batch = await Explainer.load(two.e.bytes());
  for (const image of [golfBall, zeros(1, 3, 8, 8), zeros(2, 3, 8, 8)])
    await fails(batch.explain(image), 'UNSUPPORTED_MODEL', /exported with batch size 2.*batch size 1/);
  const open = await Explainer.load(draft([1, 3, 8, 8]).e.bytes());
  await fails(open.explain(golfBall), 'UNSUPPORTED_MODEL', /no output.*Export/);
  const closed = new Draft();
  closed.e.output(closed.relu(closed.weights(1, 3, 8, 8)), 'y');
  await fails(Explainer.load(closed.e.bytes()), 'UNSUPPORTED_MODEL', /no input.*Export/);
});

test('an input of no declared shape takes a tensor, and a picture where its size is set', async () => {
  const { model, tensor, target } = fixture('gap');
  const { dims } = tensor('input');
  const expected = await (await Explainer.load(model)).explain(tensor('input'), { target });
  const shapeless = await Explainer.load(withoutShapes(model));
  assert.equal((await shapeless.explain(tensor('input'), { target })).heatmap, expected.heatmap);
  await fails(
    shapeless.explain(golfBall),
    'BAD_OPTION',
    /does not declare the shape.*`preprocessing\.width`/,
  );
  await fails(shapeless.explain(zeros(2, ...dims.slice(1))), 'BAD_TENSOR', /\[1, \?, \?, \?\]/);
  const [, , height, width] = dims;
  const sized = await Explainer.load(withoutShapes(model), { preprocessing: { width, height } });
  assert.is((await sized.explain(golfBall)).heatmap.width, 640);
});

const AZURE = '/mnt/azure_nvme_temp/_work/1/s/onnxruntime/core/graph/model_load_utils.h:56';
const REASONS: [text: string, message: RegExp][] = [
  [
    `ERROR_CODE: 1, ERROR_MESSAGE: ${AZURE} void onnxruntime::ValidateOpset(const std::map<std::string, int> &, const std::function<void(int)> &, int) ONNX Runtime only *guarantees* so much. Opset 99 is under development and support for this is limited. Current official support for domain ai.onnx is till opset 26.`,
    /its opset 99 of ai\.onnx is newer than 26.*convert/,
  ],
  ['Unsupported model IR version: 99, max supported IR version: 13', /IR version 99.*model\.ir_version = 13/],
  [
    'Fatal error: com.microsoft.nchwc:Conv(-1) is not a registered function/op',
    /for one kind of processor\. Optimize the original model at level extended/,
  ],
  ['Fatal error: com.foo:Foo(-1) is not a registered function/op', /no operator com\.foo:Foo\. Export/],
  ["Could not find an implementation for Gemm(6) node with name 'y'", /no Gemm of opset 6.*"y".*convert/],
  [
    `${AZURE} void f(int) const Something\n is wrong`,
    /: Something is wrong\. Check the file with onnx\.checker/,
  ],
];
for (const [text, message] of REASONS) {
  test(`says what to do where the runtime says "${text.slice(0, 60)}"`, async () => {
    const explainer = await Explainer.load(undefined, { ort: refusing(text) });
    await fails(explainer.explain(golfBall), 'BAD_MODEL', message);
    await fails(explainer.explain(golfBall), 'BAD_MODEL', /^(?!.*azure)[^\n]+$/);
  });
}

test('a size that the memory does not hold is the fault of the size that was asked for', async () => {
  const ort = refusing('std::bad_alloc');
  const sized = await Explainer.load(undefined, { ort, preprocessing: { width: 5000, height: 5000 } });
  await fails(sized.explain(golfBall), 'BAD_OPTION', /`preprocessing\.width`.*too large.*memory/);
  await fails(
    (await Explainer.load(undefined, { ort })).explain(golfBall),
    'BAD_MODEL',
    /memory.*`preprocessing.width`/,
  );
});

test('refuses what is no model', async () => {
  await fails(Explainer.load('no/such/model.onnx'), 'BAD_MODEL', /no\/such\/model\.onnx/);
  await fails(Explainer.load(golfBall), 'BAD_MODEL', /not an ONNX model/);
  await fails(Explainer.load(fixture('gap').model.subarray(0, 20000)), 'BAD_MODEL', /truncated/);
  await fails(
    Explainer.load(undefined, { threads: 0 }).then((e) => e.explain(golfBall)),
    'BAD_OPTION',
    /threads/,
  );
});

test('the margin that a file cuts is outside of the heatmap', async () => {
  const { model, layer } = fixture('gap');
  const config = { pretrained_cfg: { input_size: [3, 32, 32], crop_pct: 0.5 } };
  const explainer = await Explainer.load(model, { config });
  // Of 80 x 60 pixels, the model sees the middle 30 x 30.
  const picture = { width: 80, height: 60, data: new Uint8Array(80 * 60 * 4).map((_, i) => (i * 37) % 256) };
  const { image, heatmap } = await explainer.explain(picture, { method: 'eigencam', layer });
  const { x, y, width, height } = image.placement.from;
  [25, 15, 30, 30].forEach((side, i) =>
    assert.ok(Math.abs([x, y, width, height][i] - side) < 0.5, `${[x, y, width, height].join()}`),
  );
  assert.ok(heatmap.data.some((value) => value > 0));
  heatmap.data.forEach((value, i) => {
    const [column, row] = [i % 80, Math.floor(i / 80)];
    if (column < 24 || column > 55 || row < 14 || row > 45) assert.is(value, 0, `${column}, ${row}`);
  });
  assert.is(explainer.info.preprocessingSources?.cropPct, 'config.json');
  await explainer.close();
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

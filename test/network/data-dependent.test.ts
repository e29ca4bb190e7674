import { suite } from 'uvu';
import { CamError, Explainer } from '../../src/index.ts';
import { floatTensor } from '../../src/runtime/tensor.ts';
import * as assert from '../helpers/assert.ts';
import { normal } from '../helpers/random.ts';
import { Draft } from './draft.ts';

const test = suite('an image that decides where the model crops');

/** Features [1, 6, 6, 8], of which three rows are kept: from the index of the brightest color on. */
function cropping(): { model: Uint8Array; features: string } {
  const d = new Draft();
  const { e } = d;
  const x = e.input('x', 'float32', [1, 3, 12, 16]);
  const features = e.op('Softplus', [d.conv(x, 3, 6, { stride: 2 })]);
  const brightest = e.op('ArgMax', [e.op('GlobalAveragePool', [x])], { axis: 1, keepdims: 0 });
  const start = e.reshape(brightest, [1]);
  const crop = e.op('Slice', [features, start, e.op('Add', [start, e.ints([3])]), e.ints([2])]);
  e.output(d.linear(e.op('Flatten', [crop]), 6 * 3 * 8, 4), 'y');
  return { model: e.bytes(new Map([['', 18]]), 8), features };
}

/** An image whose color `brightest` is brightest. */
const imageOf = (brightest: number) => {
  const draw = normal(brightest);
  const color = (at: number) => Math.floor(at / 192);
  return floatTensor(
    [1, 3, 12, 16],
    Float32Array.from({ length: 576 }, (_, at) => draw() + (color(at) === brightest ? 2 : 0)),
  );
};

/** Whether each of the six rows of [1, 6, 6, 8] has a gradient. */
const rowsOf = (data: Float32Array): boolean[] =>
  Array.from({ length: 6 }, (_, row) => data.some((g, at) => Math.floor(at / 8) % 6 === row && g !== 0));

test('each image has the gradients of its own crop', async () => {
  const { model, features } = cropping();
  const explainer = await Explainer.load(model);
  for (const brightest of [0, 2, 1, 0]) {
    const options = { layer: features, target: 1, tensors: true };
    const { tensors } = await explainer.explain(imageOf(brightest), options);
    const [{ data }] = tensors!.gradients;
    assert.equal(
      rowsOf(data),
      [0, 1, 2, 3, 4, 5].map((row) => row >= brightest && row < brightest + 3),
    );
  }
  await explainer.close();
});

/** Of the features [1, 6, 6, 8], only the rows that are brighter than the middle of all: their number differs. */
function selecting(): { model: Uint8Array; features: string } {
  const d = new Draft();
  const { e } = d;
  const x = e.input('x', 'float32', [1, 3, 12, 16]);
  const features = e.op('Softplus', [d.conv(x, 3, 6, { stride: 2 })]);
  const bright = e.op('Greater', [
    e.reduceMean(features, [0, 1, 3], false),
    e.reduceMean(features, [0, 1, 2, 3], false),
  ]);
  const rows = e.op('Compress', [features, bright], { axis: 2 });
  e.output(d.linear(e.reduceMean(rows, [2, 3], false), 6, 4), 'y');
  return { model: e.bytes(new Map([['', 18]]), 8), features };
}

for (const [what, { model, features }] of Object.entries({ cropping: cropping(), selecting: selecting() })) {
  test(`${what}: an explainer that has seen other images explains as a new one does`, async () => {
    const old = await Explainer.load(model);
    const kept = new Set<string>();
    for (const brightest of [0, 2, 1, 0]) {
      const options = { layer: features, target: 1, tensors: true };
      const fresh = await Explainer.load(model);
      const expected = await fresh.explain(imageOf(brightest), options);
      await fresh.close();
      const found = await old.explain(imageOf(brightest), options);
      assert.equal(found.tensors!.gradients[0].data, expected.tensors!.gradients[0].data);
      assert.equal(found.raw[0].data, expected.raw[0].data);
      kept.add(rowsOf(expected.tensors!.gradients[0].data).join());
    }
    assert.ok(kept.size > 1, 'the images differ in what is kept');
    await old.close();
  });
}

test('a method that changes the image, and with it the crop, is refused', async () => {
  const { model, features } = cropping();
  const explainer = await Explainer.load(model);
  // So much noise that any color may win.
  const options = { layer: features, target: 1, smoothNoise: { n: 8, sigma: 50 } };
  try {
    await explainer.explain(imageOf(2), options);
    assert.unreachable('no error');
  } catch (error) {
    assert.instance(error, CamError);
    assert.is((error as CamError).code, 'UNSUPPORTED_MODEL');
    assert.match((error as CamError).message, /depends on the image.*gradcam/);
  }
  await explainer.close();
});

test.run();

import { suite } from 'uvu';
import { CamError, Explainer } from '../../src/index.ts';
import { floatTensor } from '../../src/runtime/tensor.ts';
import * as assert from '../helpers/assert.ts';
import { noise } from '../methods/networks.ts';
import { Draft } from '../network/draft.ts';

const test = suite('trouble with one thing loses nothing else');

const image = floatTensor([1, 2, 16, 16], noise(512, 4));

/** A classifier that flattens the picture itself: no layer has rows and columns. */
function layerless(): Uint8Array {
  const d = new Draft();
  const x = d.e.input('x', 'float32', [1, 2, 16, 16]);
  const hidden = d.relu(d.linear(d.e.op('Flatten', [x]), 512, 8));
  d.e.output(d.linear(hidden, 8, 3), 'y');
  return d.e.bytes();
}

test('methods of the input explain a model without layers, and those of a layer say why they cannot', async () => {
  const explainer = await Explainer.load(layerless());
  const method = ['gradcam', 'saliency', 'occlusion', 'guided-gradcam'];
  const { explanations, failures } = await explainer.explainAll(image, { method });
  assert.equal(
    explanations.map(({ method }) => method),
    ['saliency', 'occlusion'],
  );
  assert.equal(
    failures.map(({ method, error }) => [method, (error as CamError).code]),
    [
      ['gradcam', 'UNSUPPORTED_MODEL'],
      ['guided-gradcam', 'UNSUPPORTED_MODEL'],
    ],
  );
  assert.match(failures[0].error.message, /No value of this model has a spatial extent.*saliency/);
  await explainer.close();
});

for (const [what, value] of [
  ['NaN', NaN],
  ['an infinity', -Infinity],
] as const) {
  test(`a tensor that holds ${what} is refused`, async () => {
    const explainer = await Explainer.load(layerless());
    const data = image.data.slice();
    data[7] = value;
    try {
      await explainer.explain(floatTensor(image.dims, data), { method: 'saliency' });
      assert.unreachable('it was explained');
    } catch (error) {
      assert.instance(error, CamError);
      assert.is((error as CamError).code, 'BAD_TENSOR');
      assert.match((error as CamError).message, new RegExp(`holds ${value} at element 7`));
    }
    await explainer.close();
  });
}

test('a map of NaN says so', async () => {
  const d = new Draft();
  const features = d.relu(d.conv(d.e.input('x', 'float32', [1, 2, 16, 16]), 2, 4));
  const infinite = d.e.exp(d.e.mul(features, 1e4));
  d.e.output(d.head(d.e.sub(infinite, infinite), 4, [2, 3]), 'y');
  const explainer = await Explainer.load(d.e.bytes());
  const { warnings } = await explainer.explain(image, { layer: infinite, target: 0 });
  assert.is(warnings.length, 1);
  assert.match(warnings[0], /NaN.*`preprocessing\.mean`/);
  await explainer.close();
});

test.run();

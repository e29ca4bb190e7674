import { suite } from 'uvu';
import { CamError, Explainer, inspect } from '../../src/index.ts';
import type { Ref } from '../../src/onnx/emitter.ts';
import * as assert from '../helpers/assert.ts';
import { withMetadata } from '../helpers/metadata.ts';
import { Draft, positions } from '../network/draft.ts';

const test = suite('outputs without scores');

const image = positions(16, 16);

/** A network whose outputs are built on a map [1, 4, 8, 8]. */
function network(build: (d: Draft, map: Ref) => Readonly<Record<string, Ref>>): Uint8Array {
  const d = new Draft();
  const map = d.relu(d.conv(d.e.input('x', 'float32', [1, 2, 16, 16]), 2, 4, { stride: 2 }));
  for (const [name, value] of Object.entries(build(d, map))) d.e.output(value, name);
  return d.e.bytes(new Map([['', 18]]), 8);
}

test('ArgMax stands for the scores that it picks from', async () => {
  const logits = await Explainer.load(network((d, map) => ({ y: d.head(map, 4, [2, 3]) })));
  const picked = await Explainer.load(
    network((d, map) => ({ y: d.e.cast(d.e.op('ArgMax', [d.head(map, 4, [2, 3])], { axis: 1 }), 'int32') })),
  );
  const [wanted, found] = [await logits.explain(image), await picked.explain(image)];
  assert.equal(found.target, wanted.target);
  assert.equal([...found.heatmap.data], [...wanted.heatmap.data]);
  for (const explainer of [logits, picked]) await explainer.close();
});

test('ArgMax over pixels stands for their scores', async () => {
  const explainer = await Explainer.load(
    network((_, map) => ({ y: _.e.op('ArgMax', [map], { axis: 1, keepdims: 0 }) })),
  );
  const { output, target } = await explainer.explain(image, { class: 2 });
  assert.equal([output.kind, output.dims], ['classes', [1, 4, 8, 8]]);
  assert.is(target.index, 2);
  await explainer.close();
});

test('values are known by their labels', async () => {
  const model = network((d, map) => ({ angles: d.head(map, 4, [2, 3]) }));
  const labels = ['yaw', 'pitch', 'roll'];
  const explainer = await Explainer.load(model, { labels });
  const asked = { outputKind: 'values', method: 'gradcam' } as const;
  const three = await explainer.explainAll(image, { ...asked, top: 3 });
  const scores = three.explanations.map(({ target }) => target.score);
  assert.equal(
    scores,
    scores.toSorted((a, b) => b - a),
  );
  for (const { target, raw } of three.explanations) {
    assert.is(target.label, labels[target.index!]);
    assert.is(target.probability, undefined);
    const named = await explainer.explain(image, { ...asked, class: target.label });
    assert.equal([...named.raw[0].data], [...raw[0].data]);
  }
  await explainer.close();
});

test('labels of a model that are not as many as its values are not shown', async () => {
  const one = withMetadata(
    network((d, map) => ({ depth: d.head(map, 4, [2, 3]) })),
    { task: 'depth', names: "{0: 'depth'}" },
  );
  const explainer = await Explainer.load(one);
  const { target } = await explainer.explain(image, { outputKind: 'values' });
  assert.match(target.label, /^output\[0, \d\]$/);
  await explainer.close();
});

test('methods that need no score explain a model of integers; the others say what to export', async () => {
  const explainer = await Explainer.load(network((d, map) => ({ y: d.e.cast(map, 'int64') })));
  const { explanations, failures } = await explainer.explainAll(image, {
    method: ['eigencam', 'fem', 'gradcam', 'cam', 'occlusion', 'saliency'],
  });
  assert.equal(
    explanations.map(({ method, target }) => [method, target.index, target.score]),
    [
      ['eigencam', undefined, NaN],
      ['fem', undefined, NaN],
    ],
  );
  for (const { error, option } of failures) {
    assert.instance(error, CamError);
    assert.is(option, 'output');
    assert.match(error.message, /integer tensor.*export the scores/);
  }
  assert.is(failures.length, 4);
  await explainer.close();
});

/** As many detections as cells of the map are above a threshold, with their scores. */
const detector = network((d, map) => {
  const { e } = d;
  const score = e.reshape(e.sigmoid(e.reduceMean(map, [1])), [64]);
  const found = e.op('NonZero', [e.greater(score, 0.6)]);
  return { scores: e.gather(score, e.reshape(found, [-1]), 0) };
});

test('the number of detections may differ from image to image', async () => {
  const explainer = await Explainer.load(detector);
  const dim = { ...image, data: image.data.map((value) => value / 4) };
  const alone = async (tensor: typeof image) => {
    const fresh = await Explainer.load(detector);
    const { raw, output } = await fresh.explain(tensor, { method: 'layercam', target: 'scores[0]' });
    await fresh.close();
    return { map: [...raw[0].data], dims: output.dims };
  };
  const counts = new Set<string>();
  for (const tensor of [image, dim, image]) {
    const { raw, output } = await explainer.explain(tensor, { method: 'layercam', target: 'scores[0]' });
    assert.equal({ map: [...raw[0].data], dims: output.dims }, await alone(tensor));
    counts.add(String(output.dims));
  }
  assert.is(counts.size, 2, 'the images have different numbers of detections');
  await explainer.close();
});

test('an image without detections says so, and methods that need no score still work', async () => {
  const explainer = await Explainer.load(detector);
  const black = { ...image, data: new Float32Array(image.data.length) };
  const { explanations, failures } = await explainer.explainAll(black, {
    method: ['eigencam', 'layercam'],
    target: 'scores[0]',
  });
  assert.equal(
    explanations.map(({ method }) => method),
    ['eigencam'],
  );
  assert.match(failures[0].error.message, /"scores" is empty.*Nothing was detected in this image/);
  await explainer.close();
});

test('metadata of Ultralytics tell a depth map from a mask', async () => {
  const mask = network((d, map) => ({ output0: d.e.reduceMean(map, [1]) }));
  const kindOf = async (model: Uint8Array) => (await inspect(model)).explained!.kind;
  assert.is(await kindOf(mask), 'mask');
  assert.is(await kindOf(withMetadata(mask, { task: 'depth', names: "{0: 'depth'}" })), 'values');
});

test('inspect describes such a model by a blank image', async () => {
  const { problem, explained, layers } = await inspect(detector);
  assert.is(problem, null);
  assert.match(explained!.problem!, /empty/);
  assert.ok(layers.length > 0);
});

test('a method that changes the image says that the detections change with it', async () => {
  const explainer = await Explainer.load(detector);
  const error = await explainer
    .explain(image, { method: 'occlusion', target: 'scores[0]' })
    .catch((e: unknown) => e);
  assert.instance(error, CamError);
  assert.match((error as CamError).message, /size of the output "scores" depends on the image/);
  await explainer.close();
});

test('labels choose the output that they fit', async () => {
  const model = network((d, map) => ({
    embedding: d.e.tanh(d.head(map, 4, [2, 3])),
    y: d.linear(d.e.reduceMean(map, [2, 3], false), 4, 5),
  }));
  const labels = ['a', 'b', 'c', 'd', 'e'];
  const explainer = await Explainer.load(model, { labels });
  const { output, target } = await explainer.explain(image);
  assert.is(output.name, 'y');
  assert.match(output.note!, /"y" is explained instead of "embedding": the 5 labels fit it/);
  assert.ok(labels.includes(target.label));
  await explainer.close();
});

test('a value is explained without a percentage', async () => {
  const explainer = await Explainer.load(
    network((d, map) => ({ age: d.linear(d.e.reduceMean(map, [2, 3], false), 4, 1) })),
  );
  const { prediction, target, output } = await explainer.explain(image);
  assert.equal(
    [output.kind, prediction, target.index, target.probability],
    ['values', [], undefined, undefined],
  );
  assert.is(target.label, 'output[0, 0]');
  const error = await explainer.explain(image, { score: 'probability' }).catch((e: unknown) => e);
  assert.is((error as CamError).option, 'score');
  await explainer.close();
});

test('the target of a depth map is its sum', async () => {
  const explainer = await Explainer.load(
    network((d, map) => ({ depth: d.e.reshape(d.relu(d.conv(map, 4, 1)), [1, 8, 8]) })),
  );
  const { target } = await explainer.explain(image);
  assert.is(target.label, 'sum(output[:, :, :])');
  assert.ok(target.score > 0);
  await explainer.close();
});

test.run();

import { suite } from 'uvu';
import { CamError } from '../../src/errors.ts';
import { advised, gradientFree } from '../../src/explain/advice.ts';
import { inspect } from '../../src/explain/inspect.ts';
import type { Ref } from '../../src/onnx/emitter.ts';
import { NoGradientError } from '../../src/operators/no-gradient.ts';
import * as assert from '../helpers/assert.ts';
import { fixture, fixtureNames } from '../helpers/fixtures.ts';
import { Draft, open, positions } from '../network/draft.ts';

const test = suite('inspect');

for (const name of fixtureNames()) {
  test(`${name}: everything can be differentiated, and the automatic layer is among the layers`, async () => {
    const { model, opset, tensor } = fixture(name);
    const found = await inspect(model);
    assert.is(found.opset, opset);
    assert.equal([found.unsupported, found.barriers, found.problem], [[], [], null]);
    assert.ok(found.inputGradient);
    assert.ok(found.layers.every(({ gradient }) => gradient));
    assert.equal(
      found.layers.filter(({ automatic }) => automatic).map((layer) => layer.name),
      [found.automatic!.layer],
    );
    assert.is(found.explained!.classes, tensor('output').dims[1]);
    assert.equal(JSON.parse(JSON.stringify(found)), found, 'survives JSON');
  });
}

test('layers have modules, and modules layers', async () => {
  const { layers, modules, automatic } = await inspect(fixture('vit').model);
  const module = (name: string) => modules.find((one) => one.name === name);
  assert.is(layers.find(({ name }) => name === automatic!.layer)!.module, 'blocks.2.norm1');
  assert.equal(module('blocks.2.norm1'), {
    name: 'blocks.2.norm1',
    parent: 'blocks.2',
    layer: '/blocks/blocks.2/norm1/LayerNormalization_output_0',
  });
  assert.is(module('blocks')!.layer, '/blocks/blocks.2/Add_1_output_0');
  assert.is(module('blocks')!.parent, null);
  assert.is(module('head'), undefined, 'no layer is in it');
  assert.is(layers.find(({ name }) => name === '/Add_output_0')!.module, null);
});

test('says what the file says', async () => {
  const draft = new Draft();
  const map = draft.relu(draft.conv(draft.e.input('x', 'float32', [1, 3, 8, 8]), 3, 4));
  draft.e.output(draft.e.op('Softmax', [draft.head(map, 4, [2, 3])]), 'y');
  const found = await inspect(draft.e.bytes());
  assert.equal(found.inputs, [{ name: 'x', type: 'float32', dims: [1, 3, 8, 8] }]);
  assert.equal(
    found.outputs.map(({ name }) => name),
    ['y'],
  );
  assert.is(found.operators.Conv, 1);
  assert.is(found.parameters, 4 * 3 * 3 * 3 + 4 * 3 + 3 + 2, 'weights and biases, and the axes of the mean');
  const { output, logits, classes, positions: places, link } = found.explained!;
  assert.equal([output, classes, places, link], ['y', 3, 1, 'softmax']);
  assert.is.not(logits, 'y');
  assert.is(found.preprocessing!.layout, 'nchw');
});

/** Conv, Relu, an operator without a rule, Relu, pooling. */
function blocked(): Record<'before' | 'scaled' | 'after' | 'output', Ref> & { draft: Draft } {
  const draft = new Draft();
  const before = draft.relu(draft.conv(draft.e.input('x', 'float32', [1, 2, 16, 16]), 2, 4));
  const scale = { scale: { float: 2 }, bias: { floats: [0, 0, 0, 0] } };
  const scaled = draft.e.op('ImageScaler', [before], scale);
  const after = draft.relu(scaled);
  const output = draft.linear(draft.e.op('Flatten', [draft.e.op('GlobalAveragePool', [after])]), 4, 3);
  return { draft, before, scaled, after, output };
}

const OPSET_7 = new Map([['', 7]]);

test('a signal or a volume of open size is inspected at an assumed one', async () => {
  for (const [dims, kernel, expected] of [
    [[1, 3, 'L'], [3], [1, 4, 1022]],
    [
      ['N', 3, 'D', 'H', 'W'],
      [3, 3, 3],
      [1, 4, 30, 30, 30],
    ],
  ] as const) {
    const d = new Draft();
    const map = d.relu(d.e.op('Conv', [d.e.input('x', 'float32', dims), d.weights(4, 3, ...kernel)]));
    const axes = kernel.map((_, axis) => axis + 2);
    d.e.output(d.head(map, 4, axes), 'y');
    const { layers } = await inspect(d.e.bytes());
    assert.equal(layers.at(-1)?.dims, expected);
  }
});

test('a barrier: which layers gradients reach, and what stops them', async () => {
  const { draft, before, scaled, after, output } = blocked();
  draft.e.output(output, 'y');
  const found = await inspect(draft.e.bytes(OPSET_7, 8));
  assert.equal(found.unsupported, ['ImageScaler']);
  assert.is(found.inputGradient, false);
  assert.equal(
    found.layers.map(({ name, gradient }) => [name, gradient]),
    found.layers.map(({ name }) => [name, name === scaled || name === after]),
  );
  assert.not.ok(found.layers.find(({ name }) => name === before)!.gradient);
  assert.is(found.automatic!.layer, after);
  const [{ node, op, why, from }, ...more] = found.barriers;
  assert.equal([node, op, from, more], [scaled, 'ImageScaler', scaled, []]);
  assert.match(why, /ImageScaler \(opset 7\)/);
});

test('a corner of an operator that its rule refuses is a barrier too', async () => {
  const draft = new Draft();
  const map = draft.relu(draft.conv(draft.e.input('x', 'float32', [1, 3, 16, 16]), 3, 4));
  const boxes = draft.e.constant('float32', [2, 4], [0, 0, 8, 8, 4, 4, 12, 12]);
  const regions = draft.e.op('RoiAlign', [map, boxes, draft.e.ints([0, 0])], { mode: 'max' });
  draft.e.output(draft.head(draft.e.reduceMean(regions, [0]), 4, [2, 3]), 'y');
  const found = await inspect(draft.e.bytes());
  assert.equal(found.unsupported, []);
  assert.equal(
    found.barriers.map(({ op }) => op),
    ['RoiAlign'],
  );
  assert.match(found.barriers[0].why, /mode "max"/);
  assert.not.ok(found.inputGradient);
});

test('a model that the runtime cannot run is told of as far as its file goes', async () => {
  const draft = new Draft();
  const x = draft.e.input('x', 'float32', [1, 3, 8, 8]);
  draft.e.output(draft.e.op('com.example.Mystery', [draft.relu(x)]), 'y');
  const opsets = new Map([
    ['', 17],
    ['com.example', 3],
  ]);
  const found = await inspect(draft.e.bytes(opsets));
  assert.match(found.problem!, /Mystery/);
  assert.equal(found.unsupported, ['com.example.Mystery']);
  assert.equal(found.opsets, { 'ai.onnx': 17, 'com.example': 3 });
  assert.equal([found.layers, found.explained, found.automatic], [[], null, null]);
});

test('a model that can run no picture says why: several at once, or no output', async () => {
  const draft = (dims: number[]) => {
    const made = new Draft();
    return { e: made.e, map: made.relu(made.conv(made.e.input('x', 'float32', dims), 3, 4)) };
  };
  const two = draft([2, 3, 8, 8]);
  two.e.output(two.map, 'y');
  assert.match((await inspect(two.e.bytes())).problem!, /exported with batch size 2/);
  assert.match((await inspect(draft([1, 3, 8, 8]).e.bytes())).problem!, /no output/);
});

test('the error of a barrier names a later layer and the methods that need no gradient', async () => {
  const { draft, before, after, output } = blocked();
  const { network } = await open(draft, output, positions(16, 16), OPSET_7);
  const attempt = () => network.plan({ output: 'y', wrt: [before], rectifier: 'plain' });
  assert.throws(attempt, (error: unknown) => {
    const told = advised(error as Error, network, 'x', 'y');
    assert.ok(error instanceof NoGradientError && told instanceof CamError);
    assert.is(told.code, 'UNSUPPORTED_OPERATOR');
    assert.match(told.message, /ImageScaler \(opset 7\)/);
    assert.ok(told.message.includes(`"${after}"`), told.message);
    assert.ok(gradientFree().every((id) => told.message.includes(id)));
    return true;
  });
  await network.close();
});

test('methods without a gradient are those that perturb or only look', () => {
  const free = gradientFree();
  assert.ok(free.includes('scorecam') && free.includes('eigencam'));
  assert.not.ok((['gradcam', 'saliency', 'guided-gradcam'] as const).some((id) => free.includes(id)));
});

test.run();

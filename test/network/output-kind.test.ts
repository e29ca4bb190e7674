import { suite } from 'uvu';
import { type ClassOutput, classOutput, type OutputRequest } from '../../src/network/output.ts';
import { OUTPUT_KINDS } from '../../src/network/output-kind.ts';
import type { Ref } from '../../src/onnx/emitter.ts';
import * as assert from '../helpers/assert.ts';
import { Draft, open, positions } from './draft.ts';

const test = suite('what an output holds');

interface Design {
  /** Builds on a map [1, 12, 8, 8]. */
  readonly build: (d: Draft, map: Ref) => Ref;
  readonly request?: OutputRequest;
  readonly is: Partial<ClassOutput>;
}

const vector = (d: Draft, map: Ref) => d.head(map, 12, [2, 3]);
const single = (d: Draft, map: Ref) => d.linear(d.e.reduceMean(map, [2, 3], false), 12, 1);
const unit = (d: Draft, x: Ref) => d.e.div(x, d.e.op('ReduceL2', [x, d.e.ints([1])]));
const rounded = ({ e }: Draft, x: Ref) => {
  const scale = e.scalar(1 / 255);
  return e.op('DequantizeLinear', [e.op('QuantizeLinear', [x, scale]), scale]);
};
const plane = (d: Draft, map: Ref) => d.conv(map, 12, 1);
const upsampled = ({ e }: Draft, map: Ref) =>
  e.op('Resize', [map, '', e.constant('float32', [4], [1, 1, 2, 2])], { mode: 'linear' });

const DESIGNS: Readonly<Record<string, Design>> = {
  'logits are scores of classes': { build: vector, is: { kind: 'classes', activation: 'softmax' } },
  'so are rectified maps that are pooled (SqueezeNet)': {
    build: (d, map) => d.e.op('GlobalAveragePool', [d.relu(map)]),
    is: { kind: 'classes', activation: 'softmax', classes: 12 },
  },
  'independent sigmoids have a probability each': {
    build: (d, map) => d.e.sigmoid(vector(d, map)),
    is: { kind: 'classes', activation: 'sigmoid', link: 'sigmoid' },
  },
  'one number is a value': { build: single, is: { kind: 'values', activation: 'none', classes: 1 } },
  'a scalar without axes is a value': {
    build: (d, map) => d.e.reshape(single(d, map), []),
    is: { kind: 'values', activation: 'none', classes: 1, positions: 1 },
  },
  'one number behind a Sigmoid is a probability': {
    build: (d, map) => d.e.sigmoid(single(d, map)),
    is: { kind: 'classes', activation: 'sigmoid', classes: 1 },
  },
  'one number with two labels is a logit of the second': {
    build: single,
    request: { labels: 2 },
    is: { kind: 'classes', activation: 'sigmoid', classes: 2 },
  },
  'a unit vector is an embedding': {
    build: (d, map) => unit(d, vector(d, map)),
    is: { kind: 'values', activation: 'none' },
  },
  'a product of unit vectors is a cosine': {
    build: (d, map) => d.e.matmul(unit(d, vector(d, map)), d.weights(3, 5)),
    is: { kind: 'values', activation: 'none' },
  },
  'a product with weights that are unit vectors is a logit': {
    build: (d, map) => d.e.matmul(vector(d, map), unit(d, d.weights(3, 5))),
    is: { kind: 'classes', activation: 'softmax' },
  },
  'a Softmax whose result is rounded is skipped with the rounding': {
    build: (d, map) => rounded(d, d.e.op('Softmax', [vector(d, map)])),
    is: { kind: 'classes', activation: 'softmax', link: 'softmax', problem: undefined },
  },
  'rounded logits are logits, also if they stay integers': {
    build: (d, map) => d.e.op('QuantizeLinear', [vector(d, map), d.e.scalar(0.1)]),
    is: { kind: 'classes', activation: 'softmax', problem: undefined },
  },
  'a scaled cosine is a logit (CLIP)': {
    build: (d, map) => d.e.mul(d.e.matmul(unit(d, vector(d, map)), d.weights(3, 5)), 100),
    is: { kind: 'classes', activation: 'softmax' },
  },
  'numbers behind an activation function are values': {
    build: (d, map) => d.e.tanh(vector(d, map)),
    is: { kind: 'values' },
  },
  'unless there is one label for each': {
    build: (d, map) => d.e.tanh(vector(d, map)),
    request: { labels: 3 },
    is: { kind: 'classes', activation: 'softmax' },
  },
  'scores of every pixel': {
    build: (_, map) => map,
    is: { kind: 'classes', activation: 'softmax', classes: 12, positions: 64 },
  },
  'one map of scores is a mask': {
    build: plane,
    is: { kind: 'mask', activation: 'sigmoid', classes: 1, positions: 64 },
  },
  'also behind a Sigmoid': {
    build: (d, map) => d.e.sigmoid(plane(d, map)),
    is: { kind: 'mask', activation: 'sigmoid', link: 'sigmoid', classes: 1, positions: 64 },
  },
  'also channels last': {
    build: (d, map) => d.e.transpose(plane(d, map), [0, 2, 3, 1]),
    is: { kind: 'mask', axis: 3, classes: 1, positions: 64 },
  },
  'probabilities that are resized are probabilities': {
    build: (d, map) => upsampled(d, d.e.sigmoid(plane(d, map))),
    is: { kind: 'mask', activation: 'identity', positions: 256 },
  },
  'a mask with two labels has two classes': {
    build: plane,
    request: { labels: 2 },
    is: { kind: 'mask', classes: 2 },
  },
  'a rectified map is a depth map (MiDaS)': {
    build: (d, map) => d.relu(plane(d, map)),
    is: { kind: 'values', activation: 'none', positions: 64 },
  },
  'so is a map without a channel axis': {
    build: (d, map) => d.e.reshape(plane(d, map), [1, 8, 8]),
    is: { kind: 'values', positions: 64, classes: 1 },
  },
  'candidates over the cells of a pyramid are detections': {
    // 16 x 16 pixels: 2 x 2 cells of stride 8, one of 16 and one of 32
    build: ({ e }, map) => e.reshape(e.op('Slice', [map, e.ints([0]), e.ints([3]), e.ints([3])]), [1, 48, 6]),
    request: { labels: 44 },
    is: { kind: 'detections', classes: 44, positions: 6 },
  },
  'the caller knows better': {
    build: (d, map) => d.e.reshape(plane(d, map), [1, 8, 8]),
    request: { kind: 'mask' },
    is: { kind: 'mask', activation: 'sigmoid', positions: 64 },
  },
  'also how logits become probabilities': {
    build: vector,
    request: { activation: 'sigmoid' },
    is: { kind: 'classes', activation: 'sigmoid' },
  },
};

for (const [title, { build, request, is }] of Object.entries(DESIGNS)) {
  test(title, async () => {
    const d = new Draft();
    const x = d.e.input('x', 'float32', [1, 2, 16, 16]);
    const { network } = await open(d, build(d, d.conv(x, 2, 12, { stride: 2 })), positions(16, 16));
    const found = classOutput(network, 'x', 'y', request);
    const seen = Object.fromEntries(Object.keys(is).map((key) => [key, found[key as keyof ClassOutput]]));
    assert.equal(seen, is);
    await network.close();
  });
}

test('every kind has an example', () => {
  const shown = new Set(Object.values(DESIGNS).map(({ is }) => is.kind));
  assert.equal(
    OUTPUT_KINDS.filter((kind) => !shown.has(kind)),
    [],
  );
});

test.run();

import { suite } from 'uvu';
import { beforeBounds, biasTerms } from '../../src/network/biases.ts';
import { Network } from '../../src/network/network.ts';
import { Emitter, type Ref } from '../../src/onnx/emitter.ts';
import { readModel } from '../../src/onnx/read.ts';
import { type MadeType, makeTensor } from '../../src/onnx/tensor.ts';
import { OPERATORS } from '../../src/operators/index.ts';
import { floatTensor, toFloat } from '../../src/runtime/tensor.ts';
import * as assert from '../helpers/assert.ts';

const test = suite('biases');

const DIMS = [1, 2, 3, 3];
/** Whole numbers from 0 to 5, so that quantized arithmetic is exact. */
const IMAGE = floatTensor(
  DIMS,
  Float32Array.from({ length: 18 }, (_, i) => (7 * i) % 6),
);
const BIAS = [4, -9, 2];
const KERNEL = [1, -2, 2, 1, -1, 3];

/** Builds the parts of a network from [1, 2, 3, 3] to three channels: an operator that adds `BIAS`, and a rectifier. */
type Build = (e: Emitter, x: Ref) => Ref;

const numbers = (
  e: Emitter,
  dims: readonly number[],
  values: readonly number[],
  type: MadeType = 'float32',
) => e.initializer(makeTensor(`${type}${dims.join('x')}of${values.join('_')}`, type, dims, values));
const kernel = (e: Emitter) => numbers(e, [3, 2, 1, 1], KERNEL);
const bias = (e: Emitter) => numbers(e, [3], BIAS);
const relu =
  (build: Build): Build =>
  (e, x) =>
    e.op('Relu', [build(e, x)]);
const conv = (e: Emitter, x: Ref) => e.op('Conv', [x, kernel(e)]);

/** Relu is folded into the rounding: negative numbers saturate. */
const quantized =
  (op: string): Build =>
  (e, x) => {
    const [one, zero] = [numbers(e, [], [1]), numbers(e, [], [0], 'uint8')];
    const q = e.op('QuantizeLinear', [x, one, zero]);
    const parts = [numbers(e, [3, 2, 1, 1], KERNEL, 'int8'), one, numbers(e, [], [0], 'int8'), one, zero];
    return e.op('DequantizeLinear', [
      e.op(op, [q, one, zero, ...parts, numbers(e, [3], BIAS, 'int32')]),
      one,
      zero,
    ]);
  };

const fused =
  (activation: string, addend = false): Build =>
  (e, x) =>
    e.op('com.microsoft.FusedConv', [x, kernel(e), bias(e), ...(addend ? [conv(e, x)] : [])], {
      activation,
      ...(activation === 'LeakyRelu' && { activation_params: { floats: [0.25] } }),
    });

/** Networks by the operator that adds the bias. */
const NETWORKS: readonly (readonly [op: string, build: Build])[] = [
  ['Conv', relu((e, x) => e.op('Conv', [x, kernel(e), bias(e)]))],
  ['ConvTranspose', relu((e, x) => e.op('ConvTranspose', [x, numbers(e, [2, 3, 1, 1], KERNEL), bias(e)]))],
  ['Add', relu((e, x) => e.add(conv(e, x), numbers(e, [1, 3, 1, 1], BIAS)))],
  ['Sub', relu((e, x) => e.sub(conv(e, x), numbers(e, [1, 3, 1, 1], BIAS)))],
  ['Sub', relu((e, x) => e.sub(numbers(e, [3, 1, 1], BIAS), conv(e, x)))],
  [
    'BatchNormalization',
    relu((e, x) => {
      const [scale, mean, variance] = [
        [1, 2, 3],
        [1, -1, 2],
        [4, 1, 9],
      ].map((list) => numbers(e, [3], list));
      return e.op('BatchNormalization', [conv(e, x), scale, bias(e), mean, variance]);
    }),
  ],
  ['com.microsoft.FusedConv', fused('Relu')],
  ['com.microsoft.FusedConv', fused('Relu', true)],
  ['com.microsoft.FusedConv', fused('LeakyRelu')],
  ['QLinearConv', quantized('QLinearConv')],
  ['com.microsoft.QLinearConv', quantized('com.microsoft.QLinearConv')],
];

for (const [op, build] of NETWORKS) {
  test(`of a piecewise linear network with ${op}: input × gradient and all shares are its score`, async () => {
    const e = new Emitter('v');
    const map = build(e, e.input('x', 'float32', DIMS));
    e.output(e.reshape(e.op('GlobalAveragePool', [conv3(e, map)]), [1, 3]), 'y');
    const network = await Network.open(readModel(e.bytes()), { x: IMAGE }, {});
    const terms = biasTerms(network, 'x', 'y');
    assert.is(terms.length, 1);
    const names = terms.map(({ value }) => value);
    const plan = { output: 'y', wrt: ['x', ...names], rectifier: 'plain' } as const;
    const values = await network.forward({ x: IMAGE }, ['y', ...names, ...network.plan(plan).saved]);
    for (const target of [0, 1, 2]) {
      const seed = Float32Array.from([0, 1, 2], (i) => Number(i === target));
      const gradients = await network.backward(plan, seed, values);
      const shares = terms.map((term) => {
        const { data } = beforeBounds(term, gradients.get(term.value)!, values);
        const positions = data.length / term.bias.length;
        return data.reduce((sum, g, at) => sum + g * term.bias[Math.floor(at / positions)], 0);
      });
      const own = IMAGE.data.reduce((sum, x, at) => sum + x * gradients.get('x')!.data[at], 0);
      const score = toFloat(values.y).data[target];
      const total = shares.reduce((a, b) => a + b, own);
      assert.ok(Math.abs(total - score) < 1e-4 * (1 + Math.abs(score)), `${total} of ${score}`);
    }
    await network.close();
  });
}

/** The classes mix the channels. */
const conv3 = (e: Emitter, map: Ref): Ref =>
  e.op('Conv', [map, numbers(e, [3, 3, 1, 1], [1, 2, -1, 3, -2, 1, 0, 1, 1])]);

test('every operator that adds one is in a network', () => {
  const tried = new Set(NETWORKS.map(([op]) => op));
  const untried = [...OPERATORS].filter(([op, row]) => row.bias && !tried.has(op));
  assert.equal(
    untried.map(([op]) => op),
    [],
  );
});

test.run();

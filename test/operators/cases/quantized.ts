import { absent, type Case, type Input, scalar, weights, x } from '../case.ts';

/** A quantized input to differentiate by: cotangents are expected in steps of its scale. */
const q = (dims: readonly number[], values: readonly number[], type: 'uint8' | 'int8' = 'uint8'): Input => ({
  dims,
  values,
  type,
});

const fixed = (dims: readonly number[], values: readonly number[], type: Input['type'] = 'uint8'): Input => ({
  dims,
  values,
  type,
  fixed: true,
});

const zero = (value: number, type: Input['type'] = 'uint8'): Input => fixed([], [value], type);

const ms = (
  op: string,
  inputs: readonly Input[],
  expect: Case['expect'],
  attributes: Case['attributes'] = {},
): Case => ({ op: `com.microsoft.${op}`, inputs, expect, attributes });

export const QUANTIZED_CASES: readonly Case[] = [
  // zero 10: the range is −5 … 122.5, and what rounds into it (torch.fake_quantize_per_tensor_affine)
  {
    op: 'QuantizeLinear',
    inputs: [x([7], { values: [-5.3, -5.2, -5, 3.3, 122.5, 122.7, 122.8] }), scalar(0.5), zero(10)],
    expect: [[0, 2, 2, 2, 2, 2, 0]],
  },
  {
    title: 'no zero point',
    op: 'QuantizeLinear',
    inputs: [x([3], { values: [-0.1, 0, 25.6] }), scalar(0.1)],
    expect: [[0, 10, 0]],
  },
  {
    title: 'int8, along an axis',
    op: 'QuantizeLinear',
    attributes: { axis: 0 },
    inputs: [
      x([2, 2], { values: [-64, 64, -64, 64] }),
      weights([2], [0.5, 0.25]),
      fixed([2], [0, 0], 'int8'),
    ],
    expect: [[2, 0, 0, 0]],
  },
  {
    title: 'uint16',
    op: 'QuantizeLinear',
    opset: 21,
    inputs: [x([2], { values: [300, 70000] }), scalar(1), zero(0, 'uint16')],
    expect: [[1, 0]],
  },
  {
    title: 'in blocks',
    op: 'QuantizeLinear',
    opset: 21,
    attributes: { axis: 0, block_size: 2 },
    inputs: [x([4]), weights([2], [0.5, 0.25]), fixed([2], [0, 0])],
    refuses: 'block_size',
  },
  ms('QuantizeLinear', [x([2], { values: [1, -1] }), scalar(0.5), zero(0)], [[2, 0]]),

  { op: 'DequantizeLinear', inputs: [q([3], [0, 7, 255]), scalar(0.5), zero(10)], expect: [[0.5, 0.5, 0.5]] },
  {
    title: 'along an axis, int8',
    op: 'DequantizeLinear',
    attributes: { axis: -1 },
    inputs: [q([2, 2], [1, 2, 3, 4], 'int8'), weights([2], [0.5, 2])],
    expect: [[0.5, 2, 0.5, 2]],
  },
  ms('DequantizeLinear', [q([2], [0, 7]), scalar(0.25), zero(1)], [[0.25, 0.25]]),

  // 0 is always in the range: 4 / 255 is the scale
  {
    op: 'DynamicQuantizeLinear',
    inputs: [x([3], { values: [0, 1, 4] })],
    outputs: 3,
    check: [0],
    expect: [[63.75, 63.75, 63.75]],
  },

  // x = 0.5·(12 − 2, 4 − 2), w = 0.1·((2, −3), (10, 10), (−10, 0)), y = ((0.7), (6), (−5)) = 0.02·(35, 300, −250):
  // the second and third run out of the range
  {
    op: 'QLinearConv',
    inputs: [
      q([1, 2, 1], [12, 4]),
      scalar(0.5),
      zero(2),
      fixed([3, 2, 1], [2, -3, 10, 10, -10, 0], 'int8'),
      scalar(0.1),
      zero(0, 'int8'),
      scalar(0.02),
      zero(0),
    ],
    expect: [[(0.5 * 0.2) / 0.02, (0.5 * -0.3) / 0.02]],
  },
  {
    title: 'a scale for every channel',
    op: 'QLinearConv',
    inputs: [
      q([1, 1, 2], [12, 4]),
      scalar(0.5),
      zero(2),
      fixed([2, 1, 1], [2, 3], 'int8'),
      weights([2], [0.1, 0.2]),
      fixed([2], [0, 0], 'int8'),
      scalar(0.5),
      zero(100),
    ],
    expect: [[0.2 + 0.6, 0.2 + 0.6]],
  },
  ms(
    'QLinearConv',
    [
      q([1, 1, 1, 2], [12, 4]),
      scalar(0.5),
      zero(2),
      fixed([1, 1, 1, 1], [3]),
      scalar(0.1),
      zero(1),
      scalar(0.05),
      zero(100),
    ],
    [[2, 2]],
  ),
  {
    op: 'ConvInteger',
    inputs: [q([1, 1, 2], [12, 4]), fixed([2, 1, 1], [2, 7]), zero(2), zero(1)],
    expect: [[7, 7]],
  },

  // rows of B: 0.1·(4, −1), 0.1·(0, 2)
  {
    op: 'QLinearMatMul',
    inputs: [
      q([1, 2], [20, 30]),
      scalar(0.5),
      zero(10),
      q([2, 2], [5, 0, 1, 3]),
      scalar(0.1),
      zero(1),
      scalar(0.2),
      zero(128),
    ],
    expect: [
      [(0.5 * 0.3) / 0.2, (0.5 * 0.2) / 0.2],
      [(0.1 * 5) / 0.2, (0.1 * 5) / 0.2, (0.1 * 10) / 0.2, (0.1 * 10) / 0.2],
    ],
  },
  {
    op: 'MatMulInteger',
    inputs: [q([1, 2], [20, 30]), fixed([2, 2], [5, 0, 1, 3]), zero(10), zero(1)],
    expect: [[3, 2]],
  },
  ms(
    'MatMulIntegerToFloat',
    [
      q([1, 2], [20, 30]),
      fixed([2, 2], [5, 0, 1, 3]),
      scalar(0.5),
      weights([2], [0.1, 0.2]),
      zero(10),
      zero(1),
    ],
    [[0.5 * (0.4 - 0.2), 0.5 * (0 + 0.4)]],
  ),
  ms(
    'DynamicQuantizeMatMul',
    [x([1, 2], { values: [2, -3] }), fixed([2, 2], [5, 0, 1, 3]), scalar(0.1), zero(1)],
    [[0.3, 0.2]],
  ),
  ms(
    'QGemm',
    [
      q([1, 2], [20, 30]),
      scalar(0.5),
      zero(10),
      fixed([2, 2], [5, 1, 0, 3]),
      weights([2], [0.1, 0.2]),
      fixed([2], [1, 1]),
      absent,
      scalar(0.2),
      zero(128),
    ],
    [[(0.5 * (0.4 - 0.2)) / 0.2, (0.5 * 0.4) / 0.2]],
    { transB: 1 },
  ),

  // sums 12 and 102 = 0.4·255, the bound itself
  ms(
    'QLinearAdd',
    [q([2], [20, 200]), scalar(0.5), zero(10), q([1], [7]), scalar(1), zero(0), scalar(0.4), zero(0)],
    [[0.5 / 0.4, 0], [1 / 0.4]],
  ),
  ms(
    'QLinearMul',
    [q([2], [20, 12]), scalar(0.5), zero(10), q([1], [7]), scalar(0.1), zero(2), scalar(0.1), zero(3)],
    [[2.5, 2.5], [5 + 1]],
  ),
  ms(
    'QLinearSigmoid',
    [q([1], [14]), scalar(0.5), zero(10), scalar(1 / 256), zero(0)],
    // the runtime keeps σ(2) as 225/256
    [[0.5 * (225 / 256) * (31 / 256) * 256]],
  ),
  ms('QLinearLeakyRelu', [q([2], [14, 5]), scalar(0.5), zero(10), scalar(0.25), zero(100)], [[2, 0.2]], {
    alpha: { float: 0.1 },
  }),
  {
    ...ms(
      'QLinearSoftmax',
      [q([1, 2], [14, 14]), scalar(0.5), zero(10), scalar(1 / 256), zero(0)],
      [[0.5 * 256 * 0.25, 0.5 * 256 * -0.25]],
      { axis: -1, opset: 13 },
    ),
    seed: [1, 0],
  },
  ms(
    'QLinearAveragePool',
    [q([1, 1, 2, 3], [1, 2, 3, 4, 5, 6]), scalar(0.5), zero(0), scalar(0.25), zero(0)],
    [[0.5, 1, 0.5, 0.5, 1, 0.5]],
    { kernel_shape: [2, 2] },
  ),
  ms(
    'QLinearGlobalAveragePool',
    [q([1, 1, 2, 2], [1, 2, 3, 4]), scalar(0.5), zero(0), scalar(0.25), zero(0)],
    [[0.5, 0.5, 0.5, 0.5]],
  ),
  ms(
    'QLinearConcat',
    [scalar(0.5), zero(0), q([1, 1], [3]), scalar(1), zero(0), q([1, 2], [3, 4]), scalar(0.25), zero(2)],
    [[2], [0.5, 0.5]],
    { axis: 1 },
  ),
  ms(
    'QLinearWhere',
    [
      fixed([2], [1, 0], 'bool'),
      ...[q([2], [3, 4]), scalar(1), zero(0)],
      ...[q([2], [5, 6]), scalar(0.25), zero(2)],
      ...[scalar(0.5), zero(0)],
    ],
    [
      [2, 0],
      [0, 0.5],
    ],
  ),
  // One position attends to itself alone: what is left is the projection to its value, 0.1·((1, 2), (3, −4)).
  ms(
    'QAttention',
    [
      q([1, 1, 2], [12, 4]),
      fixed([2, 6], [1, 2, 3, 4, 1, 2, 5, 6, 7, 8, 3, -4], 'int8'),
      weights([6], [1, 2, 3, 4, 5, 6]),
      ...[scalar(0.5), scalar(0.1), absent, zero(2), zero(0, 'int8')],
    ],
    [[0.5 * 0.3, 0.5 * -0.1]],
    { num_heads: 1 },
  ),

  // Operators that move or choose quantized values do not need their scales.
  {
    title: 'quantized',
    op: 'MaxPool',
    attributes: { kernel_shape: [2] },
    inputs: [q([1, 1, 4], [1, 9, 3, 4])],
    expect: [[0, 2, 0, 1]],
  },
  {
    title: 'quantized',
    op: 'Concat',
    attributes: { axis: 0 },
    inputs: [q([1], [1]), q([2], [2, 3])],
    expect: [[1], [1, 1]],
  },
];

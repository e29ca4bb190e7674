import { absent, type Case, type Input, weights, x } from '../case.ts';

const ms = (op: string, inputs: readonly Input[], more: Partial<Case> = {}): Case => ({
  op: `com.microsoft.${op}`,
  inputs,
  ...more,
});

/** With biases that keep every channel to one side of the activation's kinks. */
const conv = (activation: string, biases: readonly number[], floats?: readonly number[]): Case =>
  ms('FusedConv', [x([1, 2, 5, 5]), x([3, 2, 3, 3], { values: 'unit' }), x([3], { values: biases })], {
    title: activation,
    attributes: { activation, ...(floats ? { activation_params: { floats } } : {}) },
  });

const matmul = (
  title: string,
  a: readonly number[],
  b: readonly number[],
  attributes: Case['attributes'],
): Case => ms('FusedMatMul', [x(a), x(b)], { title, attributes });

const mask = (dims: readonly number[], values: readonly number[]): Input => ({
  dims,
  values,
  type: 'int32',
  fixed: true,
});

/** Some constant bytes. */
const packed = (dims: readonly number[], factor: number): Input => ({
  dims,
  values: Array.from({ length: dims.reduce((a, b) => a * b, 1) }, (_, i) => (i * factor + 119) % 256),
  type: 'uint8',
  fixed: true,
});

/** Weights [n, k] of four bits each, in blocks along k. */
const nibbles = (n: number, k: number, block: number): Input => packed([n, k / block, block / 2], 37);

const heads = { num_heads: 2 };
const epsilon = { epsilon: { float: 1e-5 } };

export const FUSED_CASES: readonly Case[] = [
  conv('Relu', [20, -20, 30]),
  conv('Sigmoid', [0, 1, 2]),
  conv('Tanh', [0, 0.5, 1]),
  conv('LeakyRelu', [20, -20, 30], [0.1]),
  conv('Clip', [-25, 0, 30], [-10, 12]),
  conv('HardSigmoid', [-25, 0, 30], [0.05, 0.4]),
  ms('FusedConv', [x([1, 2, 5, 5]), x([2, 1, 3, 3]), absent, x([1, 2, 3, 3])], {
    title: 'with an addend, grouped, strided',
    attributes: { activation: 'Sigmoid', group: 2, strides: [2, 2], pads: [1, 1, 1, 1] },
  }),

  ms('FusedGemm', [x([3, 4]), x([4, 2]), x([2])], { attributes: { activation: 'Tanh' } }),
  ms('FusedGemm', [x([3, 4]), x([2, 4]), x([2], { values: [20, -20] })], {
    title: 'LeakyRelu, alpha, transB',
    attributes: {
      activation: 'LeakyRelu',
      activation_alpha: { float: 0.3 },
      alpha: { float: 0.5 },
      transB: 1,
    },
  }),
  ms('FusedGemm', [x([3, 4]), x([4, 2]), x([2])], {
    title: 'Elu',
    attributes: { activation: 'Elu', activation_alpha: { float: 1 } },
    refuses: 'activation "Elu"',
  }),

  matmul('plain', [2, 3, 4], [4, 5], {}),
  matmul('alpha, transA, transB', [2, 4, 3], [2, 5, 4], { alpha: { float: 0.25 }, transA: 1, transB: 1 }),
  matmul('transBatchA', [3, 2, 4], [2, 4, 5], { transBatchA: 1 }),
  matmul('transBatchB, transB', [2, 3, 3, 4], [5, 2, 3, 4], { transBatchB: 1, transB: 1 }),
  matmul('transBatchA, transA', [4, 2, 3], [2, 4, 5], { transBatchA: 1, transA: 1 }),

  ms('Gelu', [x([2, 9])]),
  ms('BiasGelu', [x([2, 3, 4]), x([4])]),
  ms('FastGelu', [x([2, 9])]),
  ms('FastGelu', [x([2, 3, 4]), x([4])], { title: 'bias' }),
  ms('QuickGelu', [x([2, 9])]),
  ms('QuickGelu', [x([2, 9])], { title: 'alpha', attributes: { alpha: { float: 1 } } }),

  ms('Trilu', [x([3, 4])], { attributes: { upper: 0 } }),
  ms('GatherND', [x([3, 4]), { dims: [2, 1], values: [2, 0], type: 'int64', fixed: true }]),

  ms('MatMulNBits', [x([2, 3, 32]), nibbles(5, 32, 16), weights([10], 'unit')], {
    attributes: { K: 32, N: 5, bits: 4, block_size: 16 },
  }),
  ms('MatMulNBits', [x([2, 32]), nibbles(5, 32, 16), weights([10], 'unit'), packed([5], 7)], {
    title: 'zero points',
    attributes: { K: 32, N: 5, bits: 4, block_size: 16 },
  }),

  ms('SkipLayerNormalization', [x([2, 3, 5]), x([2, 3, 5]), x([5]), x([5])], { attributes: epsilon }),
  ms('SkipLayerNormalization', [x([2, 3, 5]), x([1, 3, 5]), weights([5]), absent, x([5])], {
    title: 'bias, broadcast skip, sum as output',
    attributes: epsilon,
    outputs: 4,
    check: [0, 3],
  }),
  ms('SkipSimplifiedLayerNormalization', [x([2, 3, 5]), x([2, 3, 5]), x([5])], { attributes: epsilon }),
  ms('SkipSimplifiedLayerNormalization', [x([2, 3, 5]), x([2, 3, 5]), weights([5]), x([5])], {
    title: 'bias, sum as output',
    attributes: epsilon,
    outputs: 4,
    check: [0, 3],
  }),

  ms('MultiHeadAttention', [x([2, 3, 8]), x([2, 5, 8]), x([2, 5, 8])], { attributes: heads }),
  ms('MultiHeadAttention', [x([1, 3, 8]), x([1, 5, 8]), x([1, 5, 6]), x([22])], {
    title: 'bias, narrower values, scale',
    attributes: { ...heads, scale: { float: 0.8 } },
  }),
  ms('MultiHeadAttention', [x([1, 3, 8]), x([1, 2, 5, 4]), x([1, 2, 5, 4])], {
    title: 'keys and values in heads',
    attributes: heads,
  }),
  ms(
    'MultiHeadAttention',
    [x([1, 3, 8]), x([1, 5, 8]), x([1, 5, 8]), absent, mask([1, 5], [1, 1, 0, 1, 0]), x([1, 1, 3, 5])],
    { title: 'padding, attention bias', attributes: heads },
  ),
  ms('MultiHeadAttention', [x([1, 3, 8]), x([1, 3, 8]), x([1, 3, 8])], {
    title: 'unidirectional',
    attributes: { ...heads, unidirectional: 1 },
  }),

  ms('Attention', [x([2, 3, 6]), x([6, 24]), x([24])], { attributes: heads }),
  ms('Attention', [x([1, 3, 8]), x([8, 22]), x([22])], {
    title: 'qkv_hidden_sizes, scale, unidirectional',
    attributes: { ...heads, qkv_hidden_sizes: [8, 8, 6], scale: { float: 0.4 }, unidirectional: 1 },
  }),
  ms('Attention', [x([1, 3, 8]), x([8, 24]), x([24]), mask([1, 3], [1, 1, 0]), absent, x([1, 2, 3, 3])], {
    title: 'padding, attention bias',
    attributes: heads,
  }),
  ms('Attention', [x([1, 3, 8]), x([8, 24]), x([24]), mask([1, 3, 3], [1, 0, 0, 1, 1, 0, 1, 1, 1])], {
    title: 'mask of pairs',
    attributes: heads,
  }),
  ms('Attention', [x([2, 3, 8]), x([8, 24]), x([24]), mask([2], [2, 3])], {
    title: 'mask of lengths',
    attributes: heads,
  }),
  ms('Attention', [x([2, 3, 8]), x([8, 24]), x([24]), mask([4], [2, 3, 0, 1])], {
    title: 'mask of ends and starts',
    attributes: { ...heads, mask_filter_value: { float: -3 } },
  }),
  {
    ...ms('Attention', [x([1, 3, 8]), x([8, 24]), x([24]), absent, x([2, 1, 2, 2, 4])], {
      title: 'past',
      attributes: heads,
      outputs: 2,
    }),
    refuses: 'past and present',
  },
];

import type { Ref } from '../onnx/emitter.ts';
import { ACTIVATION } from './activation.ts';
import { fromFront } from './axis-arguments.ts';
import { CONVOLUTION } from './convolution.ts';
import { dequantized, lined, type Quantization, quantizedRange } from './dequantize.ts';
import { ELEMENTWISE } from './elementwise.ts';
import { MATMUL } from './matmul.ts';
import { type Context, type Operator, type Roles, unary } from './operator.ts';
import { POOLING } from './pooling.ts';
import { SHAPE } from './shape.ts';
import { SOFTMAX } from './softmax.ts';

/** x, scale, zero; the result's scale, zero */
const ONE: Quantization = { operands: [{ data: 0, scale: 1, zero: 2 }], result: { scale: 3, zero: 4 } };

/** a, scale, zero, b, scale, zero; the result's scale, zero */
const TWO: Quantization = {
  operands: [
    { data: 0, scale: 1, zero: 2 },
    { data: 3, scale: 4, zero: 5 },
  ],
  result: { scale: 6, zero: 7 },
  saturates: true,
};

/** A convolution's kernel may have one scale per output channel, its first axis. */
const CONV: Quantization = { ...TWO, operands: [TWO.operands[0], { ...TWO.operands[1], axis: 0 }] };

const QLINEAR_CONV: Operator = {
  ...dequantized(CONVOLUTION, 'Conv', CONV),
  // int32, in steps of the product of both scales
  bias({ constant }) {
    const [steps, data, kernel] = [8, 1, 4].map(constant);
    return data && kernel && steps?.map((q, c) => q * data[0] * kernel[kernel.length === 1 ? 0 : c]);
  },
};

/** onnxruntime's operators may have channels last, which the float rule does not support. */
const channelsFirst = (row: Operator): Operator => ({
  axes: row.axes,
  plain: row.plain,
  result: row.result,
  bias: row.bias,
  vjp: (c) => (c.int('channels_last', 0) ? c.unsupported('channels_last') : row.vjp?.(c)),
});

/** Rounding passes its input on. */
const seenThrough: Partial<Roles> = {
  passes: 'value',
  rounds: true,
  carriesAttention: true,
  elementType: 1,
};
const quantizing: Partial<Roles> = {
  ...seenThrough,
  result: () => ({ scale: 1, zero: 2 }),
  shape: undefined, // its type may be an attribute's
};

/**
 * Quantization. Rounding counts as the identity (the straight-through estimator; Bengio et al. 2013, arXiv:1308.3432,
 * and Jacob et al. 2018, arXiv:1712.05877, § 3).
 */
export const QUANTIZED: Readonly<Record<string, Operator>> = {
  QuantizeLinear: unary(quantizeVjp, quantizing),
  'com.microsoft.QuantizeLinear': unary(quantizeVjp, quantizing),
  DequantizeLinear: unary(dequantizeVjp, {
    ...seenThrough,
    foldable: { since: 10, attributes: ['axis'], types: ['float32', 'int8', 'uint8', 'int32'] },
  }),
  'com.microsoft.DequantizeLinear': unary(dequantizeVjp, {
    ...seenThrough,
    foldable: { since: 1, attributes: ['axis'] },
  }),
  // The scale follows the input's range, so nothing saturates; changes of scale and q cancel in x.
  DynamicQuantizeLinear: unary((c) => (c.cotangent(0) ? c.e.div(c.g, c.output(1)) : null), {
    ...seenThrough,
    shape: undefined, // three outputs
  }),

  QLinearConv: QLINEAR_CONV,
  'com.microsoft.QLinearConv': channelsFirst(QLINEAR_CONV),
  ConvInteger: dequantized(CONVOLUTION, 'Conv', {
    operands: [
      { data: 0, zero: 2 },
      { data: 1, zero: 3, axis: 0 },
    ],
  }),

  QLinearMatMul: dequantized(MATMUL, 'MatMul', TWO),
  MatMulInteger: dequantized(MATMUL, 'MatMul', {
    operands: [
      { data: 0, zero: 2 },
      { data: 1, zero: 3 },
    ],
  }),
  'com.microsoft.MatMulIntegerToFloat': dequantized(MATMUL, 'MatMul', {
    operands: [
      { data: 0, scale: 2, zero: 4 },
      { data: 1, scale: 3, zero: 5 },
    ],
  }),
  'com.microsoft.DynamicQuantizeMatMul': dequantized(MATMUL, 'MatMul', {
    operands: [{ data: 0 }, { data: 1, scale: 2, zero: 3 }],
  }),
  'com.microsoft.QGemm': dequantized(MATMUL, 'Gemm', (c) => ({
    ...TWO,
    operands: [TWO.operands[0], { ...TWO.operands[1], axis: c.int('transB', 0) ? 0 : 1 }],
    result: { scale: 7, zero: 8 },
  })),

  'com.microsoft.QLinearAdd': dequantized(ELEMENTWISE, 'Add', TWO),
  'com.microsoft.QLinearMul': dequantized(ELEMENTWISE, 'Mul', TWO),
  'com.microsoft.QLinearSigmoid': dequantized(ACTIVATION, 'Sigmoid', ONE),
  'com.microsoft.QLinearLeakyRelu': dequantized(ACTIVATION, 'LeakyRelu', ONE),
  'com.microsoft.QLinearSoftmax': dequantized(SOFTMAX, 'Softmax', (c) => ({
    ...ONE,
    opset: c.int('opset', 13),
  })),
  'com.microsoft.QLinearAveragePool': channelsFirst(
    dequantized(POOLING, 'AveragePool', { ...ONE, opset: 11 }),
  ),
  'com.microsoft.QLinearGlobalAveragePool': channelsFirst(dequantized(POOLING, 'GlobalAveragePool', ONE)),
  // the result's parameters come first, then three inputs per part
  'com.microsoft.QLinearConcat': dequantized(SHAPE, 'Concat', ({ node }) => ({
    operands: Array.from({ length: (node.inputs.length - 2) / 3 }, (_, i) => ({
      data: 2 + 3 * i,
      scale: 3 + 3 * i,
      zero: 4 + 3 * i,
    })),
    result: { scale: 0, zero: 1 },
  })),
  'com.microsoft.QLinearWhere': dequantized(ELEMENTWISE, 'Where', {
    operands: [{ data: 0 }, { data: 1, scale: 2, zero: 3 }, { data: 4, scale: 5, zero: 6 }],
    result: { scale: 7, zero: 8 },
  }),
};

/** Passes the gradient where x, rounded, is in the range of the result's type, as PyTorch's fake quantization does. */
function quantizeVjp(c: Context): Ref {
  const { e, g, x } = c;
  const [low, high] = quantizedRange(c);
  const scale = parameter(c, 1);
  const steps = e.op('Round', [e.div(x, scale)]);
  const q = c.has(2) ? e.add(steps, parameter(c, 2)) : steps;
  const inside = e.and(e.op('GreaterOrEqual', [q, low]), e.op('LessOrEqual', [q, high]));
  return e.where(inside, e.div(g, scale), 0);
}

function dequantizeVjp(c: Context): Ref {
  return c.e.mul(c.g, parameter(c, 1));
}

function parameter(c: Context, index: number): Ref {
  if (c.int('block_size', 0)) c.unsupported('block_size');
  const dims = c.inputDims(0);
  return lined(c, index, dims, fromFront(c.int('axis', 1), dims.length));
}

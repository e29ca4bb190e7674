import type { Ref } from '../onnx/emitter.ts';
import { ownValue } from '../table.ts';
import { ACTIVATION, swish } from './activation.ts';
import { axesBetween } from './axis-arguments.ts';
import { convolution, convVjp } from './convolution.ts';
import { geluSlope, tanhGeluSlope } from './gelu.ts';
import { INDEXING } from './indexing.ts';
import { gemmVjp, matrixProduct, productVjp } from './matmul.ts';
import { withStatistics } from './normalization.ts';
import {
  broadcasting,
  type Context,
  type NodeView,
  onlyCotangent,
  type Operator,
  unary,
} from './operator.ts';
import { plainNodes } from './plain-nodes.ts';

/**
 * Operators created by onnxruntime's optimizer, as far as its CPU build runs them:
 * https://onnxruntime.ai/docs/reference/operators/ContribOperators.html
 */
export const FUSED: Readonly<Record<string, Operator>> = {
  // activation(Conv(x, w, b) + z)
  'com.microsoft.FusedConv': {
    ...convolution,
    vjp(c) {
      const name = c.text('activation', '');
      const numbers = c.ints('activation_params') ?? [];
      const g = beforeActivation(c, name, (at, _, otherwise) => numbers[at] ?? otherwise);
      return [...convVjp(c, g), g];
    },
  },

  'com.microsoft.FusedGemm': {
    ...matrixProduct,
    vjp(c) {
      const g = beforeActivation(c, c.text('activation', ''), (_, name, otherwise) =>
        c.float(`activation_${name}`, otherwise),
      );
      return gemmVjp(c.as({ gradient: () => g }));
    },
  },

  'com.microsoft.FusedMatMul': {
    ...matrixProduct,
    product: true,
    linear: ({ int, float }) => ({ outputsFirst: int('transB', 0) === 1, scale: float('alpha', 1) }),
    axes: ({ c, axes, ...step }) => {
      const moved = movedBatch(c);
      const plain = axes.map((one, i) =>
        one && moved[i] ? inward(one.length).map((axis) => one[axis]) : one,
      );
      return matrixProduct.axes({ ...step, c, axes: plain });
    },
    vjp(c) {
      const product = {
        alpha: c.float('alpha', 1),
        transA: c.int('transA', 0) === 1,
        transB: c.int('transB', 0) === 1,
      };
      const moved = movedBatch(c);
      const plain = c.as({
        input: (i) => (moved[i] ? c.e.transpose(c.input(i), inward(c.inputDims(i).length)) : c.input(i)),
        inputDims: (i) =>
          moved[i] ? inward(c.inputDims(i).length).map((axis) => c.inputDims(i)[axis]) : c.inputDims(i),
      });
      return productVjp(plain, c.g, product).map((towards, i) =>
        towards && moved[i] ? c.e.transpose(towards, outward(c.inputDims(i).length)) : towards,
      );
    },
  },

  'com.microsoft.Gelu': unary(({ g, x, e }) => e.mul(g, geluSlope(e, x))),
  'com.microsoft.BiasGelu': biased(geluSlope),
  'com.microsoft.FastGelu': biased(tanhGeluSlope),
  'com.microsoft.QuickGelu': unary((c) => swish(c, c.float('alpha', 1.702))),

  'com.microsoft.Trilu': INDEXING.Trilu,
  'com.microsoft.GatherND': INDEXING.GatherND,

  // Weights of a few bits: a product with the identity unpacks them, and onnxruntime folds it.
  'com.microsoft.MatMulNBits': {
    ...matrixProduct,
    vjp(c) {
      const { e } = c;
      const [k, n] = [c.int('K', 0), c.int('N', 0)];
      const weights = [1, 2, 3, 4].map((index) => (c.has(index) ? c.raw(index) : ''));
      const identity = e.op('EyeLike', [e.zeros([k, k])]);
      const attributes = { K: k, N: n, bits: c.int('bits', 4), block_size: c.int('block_size', 32) };
      const w = e.op('com.microsoft.MatMulNBits', [identity, ...weights], attributes);
      return e.matmul(c.g, w, { transB: true });
    },
  },

  'com.microsoft.SkipLayerNormalization': skipped('LayerNormalization', { scale: 2, shift: 3, bias: 4 }),
  'com.microsoft.SkipSimplifiedLayerNormalization': skipped('SimplifiedLayerNormalization', {
    scale: 2,
    bias: 3,
  }),
};

const movedBatch = ({ int }: NodeView): boolean[] =>
  ['transBatchA', 'transBatchB'].map((name) => int(name, 0) === 1);

/** Moves the first axis before the last, as transBatchA and transBatchB do, and back. */
const inward = (rank: number): number[] => [...axesBetween(1, rank - 1), 0, rank - 1];
const outward = (rank: number): number[] => [rank - 2, ...axesBetween(0, rank - 2), rank - 1];

/** An activation's parameter, by its position in `activation_params` or by name. */
type ActivationNumber = (at: number, name: string, otherwise: number) => number;

/** The cotangent before a fused operator's final activation, computed from the output alone. */
function beforeActivation(c: Context, name: string, number: ActivationNumber): Ref {
  if (name === '') return c.g;
  const row = ownValue(ACTIVATION, name);
  const rule = c.replaced(name) ?? row?.vjpByOutput ?? row?.vjp;
  if (!row?.activation || !rule) return c.unsupported(`activation "${name}"`);
  const parameters = row.activation;
  const float = (parameter: string, otherwise: number) =>
    number(parameters.indexOf(parameter), parameter, otherwise);
  return onlyCotangent(rule(c.as({ float })));
}

/** An activation of x + bias, with an optional bias. */
function biased(slope: typeof geluSlope): Operator {
  return broadcasting((c) => {
    const towards = c.e.mul(c.g, slope(c.e, c.has(1) ? c.e.add(c.x, c.input(1)) : c.x));
    return [towards, towards];
  });
}

/** Normalization over the last axis of x + skip + bias; the fourth output, if present, is the sum. */
function skipped(op: string, at: { scale: number; shift?: number; bias: number }): Operator {
  return {
    axes: withStatistics,
    parts({ node }) {
      const { inputs, outputs, attributes } = node;
      const { nodes, named, op: add } = plainNodes(node);
      const sum = outputs[3] || named('sum');
      const bias = inputs[at.bias];
      // The bias of the layer before comes first, so that the sum is that of the residual stream.
      const shifted = bias ? add('Add', [inputs[0], bias], named('shifted')) : inputs[0];
      add('Add', [shifted, inputs[1]], sum);
      const epsilon = attributes.get('epsilon');
      const shift = at.shift === undefined ? '' : inputs[at.shift];
      add(op, [sum, inputs[at.scale], ...(shift ? [shift] : [])], outputs.slice(0, 3), {
        epsilon: { float: typeof epsilon === 'number' ? epsilon : 1e-12 },
      });
      return nodes;
    },
  };
}

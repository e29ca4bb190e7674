import { dataTypeCode } from '../onnx/data-type.ts';
import type { GraphNode } from '../onnx/model.ts';
import { ownValue } from '../table.ts';
import { ACTIVATION, swish } from './activation.ts';
import { axesBetween } from './axis-arguments.ts';
import { convolution } from './convolution.ts';
import { geluSlope, tanhGeluSlope } from './gelu.ts';
import { INDEXING } from './indexing.ts';
import { matrixProduct, productVjp } from './matmul.ts';
import { withStatistics } from './normalization.ts';
import { broadcasting, type NodeView, type Operator, unary } from './operator.ts';
import { type PlainNodes, plainNodes } from './plain-nodes.ts';
import { windowAttributes } from './window.ts';

/**
 * Operators created by onnxruntime's optimizer, as far as its CPU build runs them:
 * https://onnxruntime.ai/docs/reference/operators/ContribOperators.html
 */
export const FUSED: Readonly<Record<string, Operator>> = {
  // activation(Conv(x, w, b) + z)
  'com.microsoft.FusedConv': {
    axes: convolution.axes,
    parts(c) {
      const plain = plainNodes(c.node, c.inputType(0));
      const [inputs, addend] = [c.node.inputs.slice(0, 3), c.node.inputs[3]];
      const sum = plain.op('Conv', inputs, plain.named('convolution'), windowAttributes(c));
      const whole = addend ? plain.op('Add', [sum, addend], plain.named('sum')) : sum;
      const numbers = c.ints('activation_params') ?? [];
      return activated(plain, c, whole, (at) => numbers[at]);
    },
  },

  'com.microsoft.FusedGemm': {
    axes: matrixProduct.axes,
    parts(c) {
      const plain = plainNodes(c.node, c.inputType(0));
      const product = plain.op('Gemm', c.node.inputs, plain.named('product'), {
        alpha: { float: c.float('alpha', 1) },
        beta: { float: c.float('beta', 1) },
        transA: c.int('transA', 0),
        transB: c.int('transB', 0),
      });
      return activated(plain, c, product, (_, name) => {
        const found = c.attribute(`activation_${name}`);
        return typeof found === 'number' ? found : undefined;
      });
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

  // Weights of a few bits: a product with the identity unpacks them.
  'com.microsoft.MatMulNBits': {
    axes: matrixProduct.axes,
    foldable: { since: 1, attributes: ['K', 'N', 'bits', 'block_size'] },
    parts(c) {
      const plain = plainNodes(c.node, c.inputType(0));
      const { named, op } = plain;
      const [x, , , , , bias] = c.node.inputs;
      const [K, N] = [c.int('K', 0), c.int('N', 0)];
      const identity = op(
        'EyeLike',
        [op('ConstantOfShape', [plain.ints([K, K])], named('zeros'))],
        named('identity'),
        {
          dtype: dataTypeCode(c.inputType(0)),
        },
      );
      const weights = op(c.node.op, [identity, ...c.node.inputs.slice(1, 5)], named('weights'), {
        ...{ K, N, bits: c.int('bits', 4), block_size: c.int('block_size', 32) },
      });
      op('MatMul', [x, weights], bias ? named('product') : c.node.outputs[0]);
      if (bias) op('Add', [named('product'), bias], c.node.outputs[0]);
      return plain.nodes;
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
type ActivationNumber = (at: number, name: string) => number | undefined;

/** The parts of an operator that ends in an activation of `value`. */
function activated(
  plain: PlainNodes,
  c: NodeView,
  value: string,
  number: ActivationNumber,
): readonly GraphNode[] | string {
  const [output] = c.node.outputs;
  const name = c.text('activation', '');
  const parameters = name === '' ? [] : ownValue(ACTIVATION, name)?.activation;
  if (!parameters) return `activation "${name}"`;
  const given = parameters.flatMap((parameter, at) => {
    const float = number(at, parameter);
    return float === undefined ? [] : [[parameter, { float }] as const];
  });
  // Since opset 11, the bounds of Clip are inputs.
  if (name === 'Clip' && c.onnxOpset >= 11) {
    const bounds = given.map(([, { float }]) => plain.numbers([], [float]));
    plain.op(name, [value, ...bounds], output);
  } else plain.op(name || 'Identity', [value], output, Object.fromEntries(given));
  return plain.nodes;
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

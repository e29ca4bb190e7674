import type { Ref } from '../onnx/emitter.ts';
import { zeros } from '../autodiff/context.ts';
import { seenAs, unary, type Context, type Cotangent, type Rule } from './rule.ts';
import { ACTIVATION } from './activation.ts';
import { axesBetween } from './axes.ts';
import { convVjp } from './convolution.ts';
import { FUSED_ATTENTION } from './fused-attention.ts';
import { INDEXING } from './indexing.ts';
import { geluSlope, tanhGeluSlope } from './gelu.ts';
import { MATMUL, productVjp } from './matmul.ts';
import { standardize } from './standardize.ts';

/**
 * Operators that onnxruntime's optimiser fuses, as far as its CPU build runs them:
 * https://onnxruntime.ai/docs/reference/operators/ContribOperators.html
 */
export const FUSED: Readonly<Record<string, Rule>> = {
  ...FUSED_ATTENTION,

  // activation(Conv(x, w, b) + z)
  'com.microsoft.FusedConv': {
    vjp: (c) => {
      const name = c.text('activation', '');
      const given = c.ints('activation_params') ?? [];
      const g = beforeActivation(c, name, (parameter, otherwise) => {
        return given[PARAMETERS[name].indexOf(parameter)] ?? otherwise;
      });
      return [...convVjp(c, g), g];
    },
  },

  'com.microsoft.FusedGemm': {
    vjp: (c) => {
      const g = beforeActivation(c, c.text('activation', ''), (name, otherwise) =>
        c.float(`activation_${name}`, otherwise),
      );
      return MATMUL.Gemm.vjp(seenAs(c, { g }));
    },
  },

  'com.microsoft.FusedMatMul': {
    vjp: (c) => {
      const product = {
        alpha: c.float('alpha', 1),
        transA: c.int('transA', 0) === 1,
        transB: c.int('transB', 0) === 1,
      };
      const moved = [c.int('transBatchA', 0) === 1, c.int('transBatchB', 0) === 1];
      const seen = seenAs(c, {
        input: (i) => (moved[i] ? c.e.transpose(c.input(i), inward(c.inputDims(i).length)) : c.input(i)),
        inputDims: (i) =>
          moved[i] ? inward(c.inputDims(i).length).map((axis) => c.inputDims(i)[axis]) : c.inputDims(i),
      });
      return productVjp(seen, c.g, product).map((towards, i) =>
        towards && moved[i] ? c.e.transpose(towards, outward(c.inputDims(i).length)) : towards,
      );
    },
  },

  'com.microsoft.Gelu': unary(({ g, x, e }) => e.mul(g, geluSlope(e, x))),
  'com.microsoft.BiasGelu': biased(geluSlope),
  'com.microsoft.FastGelu': biased(tanhGeluSlope),
  'com.microsoft.QuickGelu': unary(
    (c) => ACTIVATION.Swish.vjp(seenAs(c, { float: (name) => c.float(name, 1.702) })) as Ref,
  ),

  'com.microsoft.Trilu': INDEXING.Trilu,
  'com.microsoft.GatherND': INDEXING.GatherND,

  // Weights of a few bits: a product with the identity brings them out, and onnxruntime folds it.
  'com.microsoft.MatMulNBits': {
    vjp: (c) => {
      const { e } = c;
      const [k, n] = [c.int('K', 0), c.int('N', 0)];
      const weights = [1, 2, 3, 4].map((index) => (c.has(index) ? c.raw(index) : ''));
      const identity = e.op('EyeLike', [zeros(e, [k, k])]);
      const attributes = { K: k, N: n, bits: c.int('bits', 4), block_size: c.int('block_size', 32) };
      const w = e.op('com.microsoft.MatMulNBits', [identity, ...weights], attributes);
      return e.matmul(c.g, w, { transB: true });
    },
  },

  'com.microsoft.SkipLayerNormalization': skipped({ scale: 2, shift: 3, bias: 4 }),
  'com.microsoft.SkipSimplifiedLayerNormalization': skipped({ scale: 2, bias: 3 }),
};

/** Moves the first axis behind the batch's, as transBatchA and transBatchB do, and back again. */
const inward = (rank: number): number[] => [...axesBetween(1, rank - 1), 0, rank - 1];
const outward = (rank: number): number[] => [rank - 2, ...axesBetween(0, rank - 2), rank - 1];

/** What the numbers in `activation_params` are called by the activation's own operator. */
const PARAMETERS: Readonly<Record<string, readonly string[]>> = {
  LeakyRelu: ['alpha'],
  Clip: ['min', 'max'],
  HardSigmoid: ['alpha', 'beta'],
};

/** Activations by their output alone: what goes into a fused one is nowhere to be had. */
const BY_OUTPUT: Readonly<Record<string, Rule>> = {
  Relu: ACTIVATION.Relu,
  Sigmoid: ACTIVATION.Sigmoid,
  HardSigmoid: ACTIVATION.HardSigmoid,
  Tanh: ACTIVATION.Tanh,
  // x and y have the same sign
  LeakyRelu: unary((c) => ACTIVATION.LeakyRelu.vjp(seenAs(c, { x: c.y })) as Ref),
  Clip: unary(({ g, y, e, float }) => {
    const inside = e.and(e.greater(y, float('min', -Infinity)), e.less(y, float('max', Infinity)));
    return e.where(inside, g, 0);
  }),
};

/** The cotangent of what goes into the activation that a fused operator ends with. */
function beforeActivation(c: Context, name: string, float: Context['float']): Ref {
  if (name === '') return c.g;
  if (!(name in BY_OUTPUT)) c.unsupported(`activation "${name}"`);
  const rule = c.replaced(name) ?? BY_OUTPUT[name];
  return rule.vjp(seenAs(c, { float })) as Ref;
}

/** An activation of x + bias; the bias may be left out. */
function biased(slope: typeof geluSlope): Rule {
  return {
    broadcast: true,
    vjp: (c) => {
      const towards = c.e.mul(c.g, slope(c.e, c.has(1) ? c.e.add(c.x, c.input(1)) : c.x));
      return [towards, towards];
    },
  };
}

/** Normalisation over the last axis of x + skip + bias; the sum itself may be the fourth output. */
function skipped(at: { scale: number; shift?: number; bias: number }): Rule {
  return {
    broadcast: true,
    vjp: (c) => {
      const { e, g } = c;
      if (c.cotangent(1) ?? c.cotangent(2)) c.unsupported('its statistics are used as outputs');
      const added = [0, 1, at.bias].filter((index) => c.has(index));
      const total = c.node.outputs[3]
        ? c.output(3)
        : added.map((index) => c.input(index)).reduce((a, b) => e.add(a, b));
      const last = c.inputDims(0).length - 1;
      const { normal, cotangent } = standardize(
        e,
        total,
        [last],
        c.float('epsilon', 1e-12),
        at.shift !== undefined,
      );
      const through = cotangent(e.mul(g, c.input(at.scale)));
      const around = c.cotangent(3);
      const sum = around ? e.add(through, around) : through;
      const roles = new Map([0, 1, at.bias].map((index) => [index, sum]));
      if (at.shift !== undefined) roles.set(at.shift, g);
      if (c.wants(at.scale)) roles.set(at.scale, e.mul(g, normal));
      return c.node.inputs.map((_, index): Cotangent => roles.get(index));
    },
  };
}

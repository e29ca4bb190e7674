import type { Ref } from '../onnx/emitter.ts';
import { sizeOf } from '../runtime/tensor.ts';
import { axesBetween, axisArgument } from './axis-arguments.ts';
import { type AxesRule, elementwise, reducedTo } from './axis-rules.ts';
import { broadcasting, type Context, type NodeView, type Operator, unary } from './operator.ts';
import { likeFirst } from './shape-rules.ts';
import { standardize } from './standardize.ts';

/** Outputs: the normalized value, then its statistics. */
export const withStatistics: AxesRule = (step) =>
  step.output === 1 || step.output === 2 ? reducedTo(step) : elementwise(step);

export const NORMALIZATION: Readonly<Record<string, Operator>> = {
  // y = (x − mean)·scale/√(variance + ε) + bias with statistics independent of x (Ioffe & Szegedy 2015,
  // arXiv:1502.03167)
  BatchNormalization: {
    axes: elementwise,
    shape: likeFirst,
    foldable: { since: 14, attributes: ['epsilon', 'momentum', 'training_mode'] },
    bias: shiftOf,
    vjp(c) {
      const { g, e } = c;
      if (c.int('training_mode', 0) || c.node.outputs.filter(Boolean).length > 1)
        c.unsupported('it is in training mode');
      const own = c.inputDims(1);
      const rest = c.inputDims(0).slice(1 + own.length);
      const shared = [0, ...rest.map((_, axis) => 1 + own.length + axis)];
      const spread = (value: Ref) => e.reshape(value, [...own, ...rest.map(() => 1)]);
      const sum = (value: Ref) => e.reshape(e.reduceSum(value, shared), own);
      const inverse = e.div(1, e.sqrt(e.add(c.input(4), c.float('epsilon', 1e-5))));
      const dx = e.mul(g, spread(e.mul(c.input(1), inverse)));
      const centered = () => e.sub(c.x, spread(c.input(3)));
      return [
        dx,
        c.wants(1) ? e.mul(sum(e.mul(g, centered())), inverse) : null,
        c.wants(2) ? sum(g) : null,
        c.wants(3) ? e.neg(sum(dx)) : null,
        c.wants(4) ? e.mul(sum(e.mul(dx, centered())), e.mul(-0.5, e.mul(inverse, inverse))) : null,
      ];
    },
  },

  LayerNormalization: layer(1e-5),
  RMSNormalization: layer(1e-5, false),
  SimplifiedLayerNormalization: layer(1e-5, false),
  InstanceNormalization: { axes: elementwise, shape: likeFirst, vjp: (c) => grouped(c, c.inputDims(0)[1]) },
  GroupNormalization: {
    axes: elementwise,
    shape: likeFirst,
    normalizes: true,
    vjp: (c) => grouped(c, c.int('num_groups', 1)),
  },
  // The specification adds 1e-9 to the standard deviation.
  MeanVarianceNormalization: unary((c) =>
    standardize(c.e, c.x, c.ints('axes') ?? [0, 2, 3], 1e-18).cotangent(c.g),
  ),

  // y = x/‖x‖, and 0 for a zero norm
  LpNormalization: unary((c) => {
    const { g, x, y, e } = c;
    const axes = [axisArgument(c, -1)];
    const p = c.int('p', 2);
    const norm = p === 1 ? e.reduceSum(e.abs(x), axes) : e.sqrt(e.reduceSum(e.mul(x, x), axes));
    const growth = p === 1 ? e.sign(x) : y;
    const change = e.sub(g, e.mul(growth, e.reduceSum(e.mul(g, y), axes)));
    return e.where(e.equal(norm, 0), 0, e.div(change, norm));
  }),

  // y = x·s^−β with s = bias + α·(mean of x² over neighboring channels) (Krizhevsky et al. 2012, § 3.3). onnxruntime
  // accepts only odd, and so symmetric, windows.
  LRN: unary((c) => {
    const { g, x, y, e } = c;
    const [alpha, beta] = [c.float('alpha', 1e-4), c.float('beta', 0.75)];
    const s = e.add(c.float('bias', 1), e.mul(alpha, channelMean(c, e.mul(x, x))));
    const felt = channelMean(c, e.div(e.mul(g, y), s));
    return e.sub(e.mul(g, e.pow(s, -beta)), e.mul(x, e.mul(2 * alpha * beta, felt)));
  }),

  Dropout: {
    axes: elementwise,
    shape: likeFirst,
    passes: 'value',
    carriesAttention: true,
    reads: [2],
    vjp(c) {
      if (c.has(2) && c.value(2)[0]) c.unsupported('training_mode is true');
      return c.g;
    },
  },
};

/** Statistics over the axes from `axis` on; scale and bias broadcast from the last axis. */
function layer(epsilon: number, centered = true): Operator {
  return broadcasting(
    (c) => {
      const { g, e } = c;
      if (c.cotangent(1) ?? c.cotangent(2)) c.unsupported('its statistics are used as outputs');
      const axes = axesBetween(axisArgument(c, -1), c.inputDims(0).length);
      const { normal, cotangent } = standardize(e, c.x, axes, c.float('epsilon', epsilon), centered);
      return [cotangent(e.mul(g, c.input(1))), c.wants(1) ? e.mul(g, normal) : null, c.wants(2) ? g : null];
    },
    { axes: withStatistics, shape: likeFirst, normalizes: true, channelsLast: true },
  );
}

/** β − μγ/√(σ² + ε) */
function shiftOf({ constant, float }: NodeView): number[] | undefined {
  const [scale, shift, mean, variance] = [1, 2, 3, 4].map(constant);
  if (!scale || !shift || !mean || !variance) return undefined;
  const epsilon = float('epsilon', 1e-5);
  return shift.map((b, c) => b - (mean[c] * scale[c]) / Math.sqrt(variance[c] + epsilon));
}

/**
 * Statistics over groups of channels and all space. Scale and bias have one number per group (GroupNormalization
 * before opset 21) or per channel. Wu & He 2018, arXiv:1803.08494.
 */
function grouped(c: Context, groups: number): (Ref | null)[] {
  const { e } = c;
  const dims = c.inputDims(0);
  const [batch, channels, ...space] = dims;
  const view = (value: Ref) => e.reshape(value, [batch, groups, channels / groups, sizeOf(space)]);
  const own = c.inputDims(1);
  const scale = e.reshape(c.input(1), [groups, own[0] / groups, 1]);
  const shared = own[0] === groups ? [0, 2, 3] : [0, 3];
  const sum = (value: Ref) => e.reshape(e.reduceSum(value, shared), own);
  const { normal, cotangent } = standardize(e, view(c.x), [2, 3], c.float('epsilon', 1e-5));
  const g = view(c.g);
  return [
    e.reshape(cotangent(e.mul(g, scale)), dims),
    c.wants(1) ? sum(e.mul(g, normal)) : null,
    c.wants(2) ? sum(g) : null,
  ];
}

/** Mean over a window of `size` channels around each; channels beyond the ends count as 0. */
function channelMean(c: Context, value: Ref): Ref {
  const [batch, channels, ...space] = c.inputDims(0);
  const size = c.int('size', 1);
  const half = (size - 1) / 2;
  const columns = c.e.reshape(value, [batch, 1, channels, sizeOf(space)]);
  const pooled = c.e.op('AveragePool', [columns], {
    kernel_shape: [size, 1],
    pads: [half, 0, half, 0],
    count_include_pad: 1,
  });
  return c.e.reshape(pooled, c.inputDims(0));
}

import type { Ref } from '../onnx/emitter.ts';
import { geluSlope, tanhGeluSlope } from './gelu.ts';
import { broadcasting, type Context, type Operator, unary } from './operator.ts';

/** Klambauer et al. 2017, arXiv:1706.02515. */
const SELU = { alpha: 1.6732632423543772, gamma: 1.0507009873554805 };

/**
 * Activation functions. Kinks follow PyTorch. Rules for activations that onnxruntime fuses into the preceding
 * convolution (Relu, LeakyRelu, Clip, Sigmoid, HardSigmoid, Tanh) read y: saving x would prevent the fusion.
 */
export const ACTIVATION: Readonly<Record<string, Operator>> = {
  Relu: unary(({ g, y, e }) => e.where(e.greater(y, 0), g, 0), { kinked: true, activation: [] }),
  LeakyRelu: unary((c) => leaky(c, c.float('alpha', 0.01) < 0 ? c.x : c.y), {
    kinked: true,
    activation: ['alpha'],
  }),
  PRelu: broadcasting(
    (c) => {
      const { g, x, e } = c;
      const positive = e.greater(x, 0);
      return [
        e.where(positive, g, e.mul(g, c.input(1))),
        c.wants(1) ? e.where(positive, 0, e.mul(g, x)) : null,
      ];
    },
    { kinked: true },
  ),
  ThresholdedRelu: unary((c) => c.e.where(c.e.greater(c.x, c.float('alpha', 1)), c.g, 0), { kinked: true }),
  Shrink: unary((c) => c.e.where(c.e.greater(c.e.abs(c.x), c.float('lambd', 0.5)), c.g, 0)),

  /**
   * A value on a bound counts as outside, as in ReLU6 and hardtanh, the usual sources of Clip. (torch.clamp, exported
   * to the same operator, counts it as inside; ONNX cannot distinguish them.)
   */
  Clip: broadcasting(
    (c) => {
      const { g, y, e } = c;
      const [lower, upper] = (['min', 'max'] as const).map((name, i) =>
        c.has(i + 1) ? c.input(i + 1) : c.attribute(name) === undefined ? undefined : c.float(name, 0),
      );
      const aboveLower = lower === undefined ? g : e.where(e.greater(y, lower), g, 0);
      return [
        upper === undefined ? aboveLower : e.where(e.less(y, upper), aboveLower, 0),
        lower !== undefined && c.wants(1) ? e.where(e.equal(y, lower), g, 0) : null,
        upper !== undefined && c.wants(2) ? e.where(e.equal(y, upper), g, 0) : null,
      ];
    },
    {
      kinked: true,
      bounds: true,
      activation: ['min', 'max'],
    },
  ),

  Sigmoid: unary(({ g, y, e }) => e.mul(g, e.mul(y, e.sub(1, y))), { link: 'sigmoid', activation: [] }),
  HardSigmoid: unary(
    (c) => {
      const { g, y, e } = c;
      const inside = e.and(e.greater(y, 0), e.less(y, 1));
      return e.where(inside, e.mul(g, c.float('alpha', 0.2)), 0);
    },
    { kinked: true, activation: ['alpha', 'beta'] },
  ),
  HardSwish: unary(({ g, x, e }) => {
    const slope = e.add(e.mul(x, 1 / 3), 0.5);
    return e.where(e.greater(x, -3), e.where(e.less(x, 3), e.mul(g, slope), g), 0);
  }),
  Swish: unary((c) => swish(c, c.float('alpha', 1))),
  Mish: unary(({ g, x, e }) => {
    const t = e.tanh(e.op('Softplus', [x]));
    return e.mul(g, e.add(t, e.mul(e.mul(x, e.sigmoid(x)), e.sub(1, e.mul(t, t)))));
  }),
  Gelu: unary((c) => {
    const slope = c.text('approximate', 'none') === 'tanh' ? tanhGeluSlope : geluSlope;
    return c.e.mul(c.g, slope(c.e, c.x));
  }),

  Elu: unary((c) => {
    const { g, x, e } = c;
    return e.where(e.greater(x, 0), g, e.mul(g, e.mul(c.float('alpha', 1), e.exp(x))));
  }),
  Selu: unary((c) => {
    const { g, x, e } = c;
    const slope = e.where(e.greater(x, 0), 1, e.mul(c.float('alpha', SELU.alpha), e.exp(x)));
    return e.mul(g, e.mul(c.float('gamma', SELU.gamma), slope));
  }),
  Celu: unary((c) => {
    const { g, x, e } = c;
    return e.where(e.greater(x, 0), g, e.mul(g, e.exp(e.div(x, c.float('alpha', 1)))));
  }),

  Tanh: unary(({ g, y, e }) => e.mul(g, e.sub(1, e.mul(y, y))), { activation: [] }),
  Softplus: unary(({ g, x, e }) => e.mul(g, e.sigmoid(x))),
  Softsign: unary(({ g, x, e }) => {
    const d = e.add(1, e.abs(x));
    return e.div(g, e.mul(d, d));
  }),
};

/** `sign` has the sign of x. */
const leaky = (c: Context, sign: Ref): Ref =>
  c.e.where(c.e.greater(sign, 0), c.g, c.e.mul(c.g, c.float('alpha', 0.01)));

/** y = x·σ(αx) */
export function swish({ g, x, e }: Context, alpha: number): Ref {
  const ax = e.mul(x, alpha);
  const s = e.sigmoid(ax);
  return e.mul(g, e.mul(s, e.add(1, e.mul(ax, e.sub(1, s)))));
}

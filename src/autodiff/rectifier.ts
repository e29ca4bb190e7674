import type { Emitter, Ref } from '../onnx/emitter.ts';
import { ACTIVATION } from '../operators/activation.ts';
import type { Context, Vjp } from '../operators/operator.ts';

/** Rules that override the table in one backward pass, by operator. */
export type RuleSet = ReadonlyMap<string, Vjp>;

/** A rectifier's cotangent, from that of its output and where its gradient is not zero. */
type Rectify = (e: Emitter, g: Ref, open: Ref) => Ref;

/** Passes gradients where both activation and gradient are positive (Springenberg et al. 2015, arXiv:1412.6806). */
const guided: Rectify = (e, g, open) => e.where(e.and(open, e.greater(g, 0)), g, 0);

/** Passes gradients where they are positive (Zeiler & Fergus 2014, arXiv:1311.2901). */
const deconvnet: Rectify = (e, g) => e.where(e.greater(g, 0), g, 0);

const openBetween = ({ e }: Context, value: Ref, low: number, high: Ref | number): Ref =>
  e.and(e.greater(value, low), e.less(value, high));

/** Relu alone, which is what hooks on modules see. */
const reluOnly = (rectify: Rectify): RuleSet =>
  new Map([['Relu', (c: Context) => rectify(c.e, c.g, c.e.greater(c.y, 0))]]);

/**
 * Relu and what contains one: Clip at 0 (ReLU6), HardSigmoid, clip(αx + β, 0, 1), and HardSwish, x·clip(x + 3, 0, 6)/6
 * (Howard et al. 2019, arXiv:1905.02244).
 */
const everyRectifier = (rectify: Rectify): RuleSet =>
  new Map<string, Vjp>([
    ...reluOnly(rectify),
    ['Clip', (c) => clipRule(c, rectify)],
    ['HardSigmoid', (c) => c.e.mul(rectify(c.e, c.g, openBetween(c, c.y, 0, 1)), c.float('alpha', 0.2))],
    [
      'HardSwish',
      (c) => {
        const { e, g, x } = c;
        const gate = e.op('HardSigmoid', [x], { alpha: { float: 1 / 6 }, beta: { float: 0.5 } });
        return e.add(e.mul(g, gate), e.mul(rectify(e, e.mul(g, x), openBetween(c, gate, 0, 1)), 1 / 6));
      },
    ],
  ]);

/** A Clip is a rectifier if its lower bound is 0. */
function clipRule(c: Context, rectify: Rectify): ReturnType<Vjp> {
  const low = c.has(1) ? c.constant(1)?.[0] : c.float('min', -Infinity);
  if (low !== 0) return ACTIVATION.Clip.vjp?.(c);
  const high = c.has(2) ? c.input(2) : c.float('max', Infinity);
  return rectify(c.e, c.g, openBetween(c, c.y, 0, high));
}

/** Rules that override the gradients of rectifiers. */
export const RECTIFIERS: Readonly<Record<'plain' | 'guided' | 'deconvnet', RuleSet>> = {
  plain: new Map(),
  guided: everyRectifier(guided),
  deconvnet: everyRectifier(deconvnet),
};

/** The same in other libraries. */
export const RELU_RECTIFIERS: Readonly<Record<'guided-relu' | 'deconvnet-relu', RuleSet>> = {
  'guided-relu': reluOnly(guided),
  'deconvnet-relu': reluOnly(deconvnet),
};

export type RectifierRule = keyof typeof RECTIFIERS;

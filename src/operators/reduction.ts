import type { Ref } from '../onnx/emitter.ts';
import type { Context, Rule } from './rule.ts';
import { axesBetween, axesOf } from './axes.ts';

/** A reduction as its formula sees it: `g` and `y` with the reduced axes kept as 1, so that they broadcast over x. */
interface Reduction {
  readonly c: Context;
  readonly axes: readonly number[];
  readonly g: Ref;
  readonly y: Ref;
  /** How many elements went into one. */
  readonly count: number;
}

/** A reduction over axes (attribute, or input 1); over all of them when it names none, unless `noop_with_empty_axes`. */
const reduction = (vjp: (r: Reduction) => Ref): Rule => ({
  reads: [1],
  vjp(c) {
    const dims = c.inputDims(0);
    const named = axesOf(c) ?? [];
    const all = named.length === 0 && !c.int('noop_with_empty_axes', 0);
    const axes = all ? axesBetween(0, dims.length) : named;
    const kept = dims.map((size, axis) => (axes.includes(axis) ? 1 : size));
    const keep = (value: Ref) => (c.int('keepdims', 1) ? value : c.e.reshape(value, kept));
    return vjp({
      c,
      axes,
      g: keep(c.g),
      get y() {
        return keep(c.y);
      },
      count: axes.reduce((product, axis) => product * dims[axis], 1),
    });
  },
});

/** The extreme along axes; elements that tie share, as in torch.amax. */
const extreme = reduction(({ c: { e, x }, axes, g, y }) => {
  const wins = e.equal(x, y);
  return e.where(wins, e.div(g, e.reduceSum(e.cast(wins, 'float32'), axes)), 0);
});

/** Reductions over axes, and running sums. */
export const REDUCTION: Readonly<Record<string, Rule>> = {
  ReduceSum: reduction(({ c, g }) => c.e.expand(g, c.inputDims(0))),
  ReduceMean: reduction(({ c, g, count }) => c.e.expand(c.e.div(g, count), c.inputDims(0))),
  ReduceMax: extreme,
  ReduceMin: extreme,
  // The product of the others, where one zero leaves only its own cotangent and two leave none.
  ReduceProd: reduction(({ c: { e, x }, axes, g }) => {
    const zero = e.equal(x, 0);
    const others = e.where(zero, 1, x);
    const product = e.mul(g, e.op('ReduceProd', [others, e.ints(axes)], { noop_with_empty_axes: 1 }));
    const zeros = e.reduceSum(e.cast(zero, 'float32'), axes);
    const alone = e.where(e.equal(zeros, 1), product, 0);
    return e.where(zero, alone, e.where(e.equal(zeros, 0), e.div(product, others), 0));
  }),
  ReduceL1: reduction(({ c: { e, x }, g }) => e.mul(g, e.sign(x))),
  ReduceL2: reduction(({ c: { e, x }, g, y }) => e.where(e.equal(y, 0), 0, e.div(e.mul(g, x), y))),
  ReduceSumSquare: reduction(({ c: { e, x }, g }) => e.mul(g, e.mul(2, x))),
  ReduceLogSum: reduction(({ c, g, y }) => c.e.expand(c.e.div(g, c.e.exp(y)), c.inputDims(0))),
  ReduceLogSumExp: reduction(({ c: { e, x }, g, y }) => e.mul(g, e.exp(e.sub(x, y)))),

  CumSum: {
    vjp: (c) =>
      c.e.op('CumSum', [c.g, c.input(1)], {
        exclusive: c.int('exclusive', 0),
        reverse: 1 - c.int('reverse', 0),
      }),
  },
};

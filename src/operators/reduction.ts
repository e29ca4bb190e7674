import type { Ref } from '../onnx/emitter.ts';
import { sizeOf } from '../runtime/tensor.ts';
import { unknownAxes } from './axes.ts';
import { axesArgument, axesBetween } from './axis-arguments.ts';
import { type AxesRule, elementwise, reducedTo } from './axis-rules.ts';
import type { Context, Foldable, Operator, Roles } from './operator.ts';
import { reduced } from './shape-rules.ts';

/** A reduction as seen by its formula: `g` and `y` keep the reduced axes as 1, to broadcast over x. */
interface Reduced {
  readonly c: Context;
  readonly axes: readonly number[];
  readonly g: Ref;
  readonly y: Ref;
  /** Number of elements reduced to one. */
  readonly count: number;
}

/** A reduction over axes (attribute, or input 1), by default all of them, unless `noop_with_empty_axes`. */
const reduction = (vjp: (r: Reduced) => Ref, roles?: Partial<Roles>): Operator => ({
  reads: [1],
  axes: reducedAxes,
  shape: reduced,
  ...roles,
  vjp(c) {
    const dims = c.inputDims(0);
    const named = axesArgument(c) ?? [];
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
      count: sizeOf(axes.map((axis) => dims[axis])),
    });
  },
});

const reducedAxes: AxesRule = (step) => {
  const {
    c,
    axes: [axes],
    dims,
  } = step;
  if (!axes) return unknownAxes(dims);
  if (dims.length === axes.length) return reducedTo(step);
  const gone = axesArgument(c) ?? axes.map((_, i) => i);
  return axes.filter((_, i) => !gone.includes(i));
};

/** The extreme along axes; ties share the cotangent, as in torch.amax. */
const extremeElement = reduction(
  ({ c: { e, x }, axes, g, y }) => {
    const wins = e.equal(x, y);
    return e.where(wins, e.div(g, e.reduceSum(e.cast(wins, 'float32'), axes)), 0);
  },
  { kinked: true },
);

const foldableMean: Foldable = {
  since: 1,
  attributes: ['axes', 'keepdims', 'noop_with_empty_axes'],
  // axes were an attribute before opset 18
  emit(e, { inputs, attributes }) {
    const number = (name: string, otherwise: number) => (attributes.get(name) ?? otherwise) as number;
    const axes = attributes.get('axes') as readonly number[] | undefined;
    return e.op('ReduceMean', axes ? [inputs[0], e.ints(axes)] : inputs, {
      keepdims: number('keepdims', 1),
      noop_with_empty_axes: number('noop_with_empty_axes', 0),
    });
  },
};

/** Reductions over axes, and cumulative sums. */
export const REDUCTION: Readonly<Record<string, Operator>> = {
  ReduceSum: reduction(({ c, g }) => c.e.expand(g, c.inputDims(0)), { passes: 'extent' }),
  ReduceMean: reduction(({ c, g, count }) => c.e.expand(c.e.div(g, count), c.inputDims(0)), {
    passes: 'extent',
    averages: () => true,
    foldable: foldableMean,
  }),
  ReduceMax: { ...extremeElement, passes: 'extent' },
  ReduceMin: extremeElement,
  // The product of the other elements: one zero leaves only its own cotangent, two leave none.
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
    axes: elementwise,
    vjp: (c) =>
      c.e.op('CumSum', [c.g, c.input(1)], {
        exclusive: c.int('exclusive', 0),
        reverse: 1 - c.int('reverse', 0),
      }),
  },
};

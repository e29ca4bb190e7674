import type { Emitter, Ref } from '../onnx/emitter.ts';
import { sizeOf } from '../runtime/tensor.ts';
import { axesBetween } from './axis-arguments.ts';
import { windowed } from './axis-rules.ts';
import { imageCotangent } from './convolution.ts';
import { type Context, type NodeView, type Operator, unary } from './operator.ts';
import { pooledWhole, poolSwept, type ShapeRule } from './shape-rules.ts';
import { stepsOf, type Sweep, sweepsOf } from './window.ts';

const pool = { axes: windowed('kept') };

/** Whether the only window covers exactly the whole image, without padding. */
const coversAll = ({ ints, inputDims, outputDims }: NodeView): boolean =>
  `${ints('kernel_shape')}` === `${inputDims(0).slice(2)}` &&
  sizeOf(outputDims(0).slice(2)) === 1 &&
  (ints('pads') ?? []).every((pad) => pad === 0);

/** Pooling over windows, and over the whole image. */
export const POOLING: Readonly<Record<string, Operator>> = {
  /** The cotangent goes to the first maximum of each window, as in PyTorch. */
  MaxPool: {
    ...pool,
    shape: poolSwept,
    kinked: true,
    passes: 'extent',
    vjp(c) {
      if (!c.cotangent(0)) return null;
      const { e, g, x } = c;
      const sweeps = poolSweepsOf(c);
      const [, indices] = e.op(
        'MaxPool',
        [x],
        {
          kernel_shape: sweeps.map(({ kernel }) => kernel),
          pads: [...sweeps.map(({ begin }) => begin), ...sweeps.map(({ margin }) => margin)],
          ceil_mode: c.int('ceil_mode', 0),
          ...stepsOf(sweeps),
        },
        2,
      );
      return scatterFlat(e, g, indices, c.inputDims(0));
    },
  },

  AveragePool: {
    ...pool,
    shape: poolSwept,
    passes: 'extent',
    averages: coversAll,
    vjp(c) {
      const sweeps = poolSweepsOf(c);
      return sumWindows(c, sharedCotangent(c, sweeps), sweeps);
    },
  },

  LpPool: lp(poolSwept, (c, g) => sumWindows(c, g, poolSweepsOf(c))),

  GlobalAveragePool: {
    ...pool,
    shape: pooledWhole,
    averages: () => true,
    vjp({ e, g, inputDims }) {
      const dims = inputDims(0);
      return e.expand(e.mul(g, 1 / sizeOf(dims.slice(2))), dims);
    },
  },

  GlobalMaxPool: {
    ...pool,
    shape: pooledWhole,
    kinked: true,
    vjp({ e, g, x, inputDims }) {
      const dims = inputDims(0);
      const rows = [dims[0], dims[1], sizeOf(dims.slice(2))];
      const first = e.op('ArgMax', [e.reshape(x, rows)], { axis: 2 });
      const updates = e.reshape(g, rows.with(2, 1));
      return e.reshape(e.op('ScatterElements', [e.zeros(rows), first, updates], { axis: 2 }), dims);
    },
  },

  GlobalLpPool: lp(pooledWhole, (_, g) => g),

  /** Every element moved to one place; its cotangent comes from there. */
  MaxUnpool: {
    ...pool,
    vjp({ e, g, input, inputDims, outputDims }) {
      const [from, to] = [[sizeOf(inputDims(0))], [sizeOf(outputDims(0))]];
      const fetched = e.gather(e.reshape(g, to), e.reshape(input(1), from), 0);
      return e.reshape(fetched, inputDims(0));
    },
  },
};

const poolSweepsOf = (c: Context): Sweep[] => sweepsOf(c, c.ints('kernel_shape')!);

/** Adds updates to zeros at flat `indices`. */
function scatterFlat(e: Emitter, updates: Ref, indices: Ref, dims: readonly number[]): Ref {
  const flat = (ref: Ref) => e.reshape(ref, [-1]);
  const data = e.zeros([sizeOf(dims)]);
  const sums = e.op('ScatterElements', [data, flat(indices), flat(updates)], { axis: 0, reduction: 'add' });
  return e.reshape(sums, dims);
}

/** Sums the cotangents of all windows over each element. */
function sumWindows({ e, inputDims }: Context, g: Ref, sweeps: readonly Sweep[]): Ref {
  const channels = inputDims(0)[1];
  const kernels = sweeps.map(({ kernel }) => kernel);
  const dims = [channels, 1, ...kernels];
  const w = e.expand(1, dims);
  return imageCotangent(e, g, { w, dims, group: channels }, sweeps);
}

/** Divides each window's cotangent by the number of averaged elements. */
function sharedCotangent(c: Context, sweeps: readonly Sweep[]): Ref {
  const padding = c.int('count_include_pad', 0) === 1;
  const counts = sweeps.map((sweep) => {
    const list = countsOf(sweep, padding);
    return list.every((count) => count === list[0]) ? list.slice(0, 1) : list;
  });
  const products = counts.reduce((all, list) => all.flatMap((a) => list.map((b) => a * b)), [1]);
  const shares = products.map((count) => count && 1 / count);
  return c.e.mul(
    c.g,
    c.e.constant(
      'float32',
      counts.map(({ length }) => length),
      shares,
    ),
  );
}

/**
 * Number of taps of each window along an axis that count in its average: those on elements, optionally those in the
 * padding, never those beyond it (`ceil_mode`).
 */
function countsOf(sweep: Sweep, padding: boolean): number[] {
  const [first, last] = padding ? [-sweep.begin, sweep.size + sweep.margin] : [0, sweep.size];
  return axesBetween(0, sweep.count).map((position) => {
    const start = position * sweep.stride - sweep.begin;
    const taps = axesBetween(0, sweep.kernel).map((tap) => start + tap * sweep.dilation);
    return taps.filter((at) => at >= first && at < last).length;
  });
}

/** y = (Σ |x|ᵖ)^(1/p), so ∂y/∂x = sign(x)·|x|^(p − 1)·y^(1 − p); `sum` adds the shares of overlapping windows. */
function lp(shape: ShapeRule, sum: (c: Context, g: Ref) => Ref): Operator {
  return unary(
    (c) => {
      const { e, g, x, y } = c;
      const p = c.float('p', 2);
      if (p === 1) return e.mul(e.sign(x), sum(c, g));
      const perNorm = e.where(e.greater(y, 0), e.div(g, p === 2 ? y : e.pow(y, p - 1)), 0);
      const slope = p === 2 ? x : e.mul(e.sign(x), e.pow(e.abs(x), p - 1));
      return e.mul(slope, sum(c, perNorm));
    },
    { ...pool, shape },
  );
}

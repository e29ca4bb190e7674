import type { Emitter, Ref } from '../onnx/emitter.ts';
import { axesArgument, axesBetween } from './axis-arguments.ts';
import type { Context, Cotangent } from './operator.ts';
import { unslice } from './slice.ts';
import { wordOf } from './word.ts';

/** Source of element `at`, relative to the first of `size`, in the modes that repeat elements. */
const PAD_SOURCES: Readonly<Record<'edge' | 'reflect' | 'wrap', (at: number, size: number) => number>> = {
  edge: (at, size) => Math.min(Math.max(at, 0), size - 1),
  reflect: (at, size) => {
    const period = 2 * Math.max(1, size - 1);
    const folded = modulo(at, period);
    return Math.min(folded, period - folded);
  },
  wrap: (at, size) => modulo(at, size),
};

const modulo = (a: number, n: number) => ((a % n) + n) % n;

/** Cotangents of Pad's data and constant. */
export function padVjp(c: Context): Cotangent[] {
  const { e, g } = c;
  const dims = c.inputDims(0);
  const pads = padAmounts(c);
  if (c.text('mode', 'constant') === 'constant') {
    const data = e.pad(
      g,
      pads.flat().map((pad) => -pad),
    );
    return [data, null, c.wants(2) ? filled(c, data) : null];
  }
  const source = PAD_SOURCES[wordOf(c, 'mode', 'edge', PAD_SOURCES)];
  let [ref, shape] = [g, c.outputDims(0)];
  pads[0].forEach((begin, axis) => {
    const [size, end] = [dims[axis], pads[1][axis]];
    if (begin === 0 && end === 0) return;
    // Negative pads crop first.
    const first = Math.max(0, -begin);
    const rest = size - first - Math.max(0, -end);
    const sources = axesBetween(-Math.max(0, begin), rest + Math.max(0, end));
    shape = shape.with(axis, size);
    ref = addRuns(
      e,
      ref,
      shape,
      axis,
      sources.map((at) => first + source(at, rest)),
    );
  });
  return [ref];
}

/** All begins and all ends, for every axis. */
function padAmounts(c: Context): [number[], number[]] {
  const rank = c.inputDims(0).length;
  const given = c.ints('pads') ?? c.value(1);
  const axes = axesArgument(c, { position: 3 }) ?? axesBetween(0, rank);
  const along = (pads: readonly number[]) =>
    axesBetween(0, rank).map((axis) => pads[axes.indexOf(axis)] ?? 0);
  return [along(given.slice(0, axes.length)), along(given.slice(axes.length))];
}

/** The constant fills everything around the data. */
function filled({ e, g, inputDims, outputDims }: Context, data: Ref): Ref {
  const sum = (ref: Ref) => e.reduceSum(ref, axesBetween(0, outputDims(0).length), false);
  return e.reshape(e.sub(sum(g), sum(data)), inputDims(2));
}

/** Adds every element of g along an axis to its source in a tensor of shape `dims`. */
function addRuns(e: Emitter, g: Ref, dims: readonly number[], axis: number, sources: readonly number[]): Ref {
  const whole = dims.map((count) => ({ start: 0, step: 1, count }));
  const parts = runsOf(sources).map(({ from, start, step, count }) => {
    const part = e.slice(g, [from], [from + count], [axis]);
    const range = step === 0 ? { start, step: 1, count: 1 } : { start, step, count };
    return unslice(e, step === 0 ? e.reduceSum(part, [axis]) : part, dims, whole.with(axis, range));
  });
  return parts.reduce((a, b) => e.add(a, b));
}

/** Splits a list into runs with step 1, −1 or 0. */
function runsOf(list: readonly number[]): { from: number; start: number; step: number; count: number }[] {
  const runs = [];
  for (let from = 0; from < list.length;) {
    const step = from + 1 < list.length ? list[from + 1] - list[from] : 1;
    let to = from + 1;
    if (Math.abs(step) <= 1) while (to < list.length && list[to] - list[to - 1] === step) to++;
    runs.push({ from, start: list[from], step: Math.abs(step) <= 1 ? step : 1, count: to - from });
    from = to;
  }
  return runs;
}

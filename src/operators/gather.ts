import type { Emitter, Ref } from '../onnx/emitter.ts';
import { sizeOf } from '../runtime/tensor.ts';
import { axisArgument, fromFront } from './axis-arguments.ts';
import type { Context } from './operator.ts';
import { unslice } from './slice.ts';

/**
 * Scatters cotangents back to the gathered elements. Constant indices without repeats have cheaper forms: a slice if
 * evenly spaced, otherwise another gather.
 */
export function gatherVjp(c: Context): Ref {
  const { e } = c;
  const dims = c.inputDims(0);
  const axis = axisArgument(c, 0);
  const known = c.constant(1)?.map((index) => fromFront(index, dims[axis]));
  const count = sizeOf(c.inputDims(1));
  const g = e.reshape(c.g, dims.with(axis, count));
  const step = known && stepOf(known);
  if (step) {
    const ranges = dims.map((size) => ({ start: 0, step: 1, count: size }));
    return unslice(e, g, dims, ranges.with(axis, { start: known[0], step, count }));
  }
  if (known && new Set(known).size === count) return gatherBack(e, g, dims, axis, known);
  return scatterAlong(e, g, c.input(1), dims, axis, count);
}

/** The step of evenly spaced indices. */
function stepOf(indices: readonly number[]): number | undefined {
  if (indices.length < 2) return indices.length || undefined;
  const step = indices[1] - indices[0];
  return indices.every((index, i) => index === indices[0] + i * step) ? step : undefined;
}

/** Inverts a gather without repeats: omitted elements come from a zero slice appended to g. */
function gatherBack(
  e: Emitter,
  g: Ref,
  dims: readonly number[],
  axis: number,
  indices: readonly number[],
): Ref {
  const places = Array.from({ length: dims[axis] }, (_, at) => indices.indexOf(at));
  const slab = dims.map((_, other) => Number(other === axis && places.includes(-1)));
  const padded = e.pad(g, [...dims.map(() => 0), ...slab]);
  return e.gather(padded, e.ints(places), axis);
}

/** Adds the `count` slices of g along `axis` to zeros at `indices`. */
export function scatterAlong(
  e: Emitter,
  g: Ref,
  indices: Ref,
  dims: readonly number[],
  axis: number,
  count: number,
): Ref {
  const column = e.reshape(indices, dims.map(() => 1).with(axis, count));
  const everywhere = e.expand(column, dims.with(axis, count));
  return e.op('ScatterElements', [e.zeros(dims), everywhere, g], { axis, reduction: 'add' });
}

import type { Emitter, Ref } from '../onnx/emitter.ts';
import { zeros } from '../autodiff/context.ts';
import type { Context } from './rule.ts';
import { axisOf, fromFront } from './axes.ts';
import { unslice } from './slice.ts';

/**
 * Gives every element back what was gathered from it. Indices that are known beforehand and hit nothing twice take
 * cheaper ways than a scatter: evenly spaced ones are a slice, others are gathered back.
 */
export function gatherVjp(c: Context): Ref {
  const { e } = c;
  const dims = c.inputDims(0);
  const axis = axisOf(c, 0);
  const known = c.constant(1)?.map((index) => fromFront(index, dims[axis]));
  const count = c.inputDims(1).reduce((a, b) => a * b, 1);
  const g = e.reshape(c.g, dims.with(axis, count));
  const step = known && stepOf(known);
  if (step) {
    const ranges = dims.map((size) => ({ start: 0, step: 1, count: size }));
    return unslice(e, g, dims, ranges.with(axis, { start: known[0], step, count }));
  }
  if (known && new Set(known).size === count) return gatherBack(e, g, dims, axis, known);
  return scatterAlong(e, g, c.input(1), dims, axis, count);
}

/** The distance between indices that are evenly spaced. */
function stepOf(indices: readonly number[]): number | undefined {
  if (indices.length < 2) return indices.length || undefined;
  const step = indices[1] - indices[0];
  return indices.every((index, i) => index === indices[0] + i * step) ? step : undefined;
}

/** Undoes a gathering that hit nothing twice: what it left out is taken from a slab of zeros behind g. */
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

/** Adds the `count` slabs of g along `axis` to the places that `indices` name in a tensor of zeros. */
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
  return e.op('ScatterElements', [zeros(e, dims), everywhere, g], { axis, reduction: 'add' });
}

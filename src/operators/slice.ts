import type { Emitter, Ref } from '../onnx/emitter.ts';
import { fromFront } from './axis-arguments.ts';
import type { NodeView } from './operator.ts';

/** `count` elements of an axis from `start`, `step` apart. */
export interface AxisRange {
  readonly start: number;
  readonly step: number;
  readonly count: number;
}

/** A Slice's range on each axis, with bounds clamped by the ONNX specification. */
export function rangesOf(c: NodeView): AxisRange[] {
  const dims = c.inputDims(0);
  const given = (name: string, index: number) =>
    c.opset < 10 ? c.ints(name) : c.has(index) ? c.value(index) : undefined;
  const [starts, ends] = [given('starts', 1)!, given('ends', 2)!];
  const axes = given('axes', 3) ?? starts.map((_, axis) => axis);
  const steps = given('steps', 4) ?? starts.map(() => 1);
  const ranges: AxisRange[] = dims.map((count) => ({ start: 0, step: 1, count }));
  axes.forEach((given, i) => {
    const axis = fromFront(given, dims.length);
    const [size, step] = [dims[axis], steps[i]];
    const clamp = (at: number, low: number, high: number) =>
      Math.min(Math.max(at < 0 ? at + size : at, low), high);
    const [start, end] =
      step > 0
        ? [clamp(starts[i], 0, size), clamp(ends[i], 0, size)]
        : [clamp(starts[i], 0, size - 1), clamp(ends[i], -1, size - 1)];
    ranges[axis] = { start, step, count: Math.max(0, Math.ceil((end - start) / step)) };
  });
  return ranges;
}

/** Places a slice among zeros. */
export function unslice(e: Emitter, g: Ref, dims: readonly number[], ranges: readonly AxisRange[]): Ref {
  if (ranges.some(({ count }) => count === 0)) return e.zeros(dims);
  const flipped = ranges.flatMap(({ step, count }, axis) => (step < 0 && count > 1 ? [axis] : []));
  const forward = flip(e, g, flipped);
  const strides = ranges.map(({ step, count }) => (count > 1 ? Math.abs(step) : 1));
  const spaced = space(
    e,
    forward,
    ranges.map(({ count }) => count),
    strides,
  );
  const begins = ranges.map(({ start, step, count }) => Math.min(start, start + step * (count - 1)));
  const ends = ranges.map(({ count }, axis) => dims[axis] - begins[axis] - count * strides[axis]);
  return e.pad(spaced, [...begins, ...ends]);
}

const flip = (e: Emitter, a: Ref, axes: readonly number[]): Ref =>
  axes.length === 0
    ? a
    : e.slice(
        a,
        axes.map(() => -1),
        axes.map(() => -(2 ** 31)),
        axes,
        axes.map(() => -1),
      );

/** Appends stride − 1 zeros to every element along an axis. */
function space(e: Emitter, a: Ref, dims: readonly number[], strides: readonly number[]): Ref {
  if (strides.every((stride) => stride === 1)) return a;
  const apart = e.reshape(
    a,
    dims.flatMap((size) => [size, 1]),
  );
  const after = strides.flatMap((stride) => [0, stride - 1]);
  return e.reshape(
    e.pad(apart, [...after.map(() => 0), ...after]),
    dims.map((size, axis) => size * strides[axis]),
  );
}

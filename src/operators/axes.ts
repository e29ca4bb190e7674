import type { Context } from './rule.ts';

/** An axis counted from the front: ONNX counts negative ones from the back. */
export const fromFront = (axis: number, rank: number): number => (axis < 0 ? axis + rank : axis);

/**
 * The axes that a node names, counted from the front: by attribute up to some opset of its operator, by the input at
 * `position` from there on (list it in `reads`). Undefined when it names none. `rank` is that of the tensor that
 * the axes belong to: the first input's unless said otherwise.
 */
export function axesOf(
  c: Context,
  { rank = c.inputDims(0).length, position = 1 }: { rank?: number; position?: number } = {},
): readonly number[] | undefined {
  const axes = c.ints('axes') ?? (c.has(position) ? c.value(position) : undefined);
  return axes?.map((axis) => fromFront(axis, rank));
}

/** The single axis in the attribute `axis`, counted from the front of the first input. */
export const axisOf = (c: Context, otherwise: number): number =>
  fromFront(c.int('axis', otherwise), c.inputDims(0).length);

/** Axes from `start` (included) to `end` (excluded). */
export const axesBetween = (start: number, end: number): number[] =>
  Array.from({ length: Math.max(0, end - start) }, (_, i) => start + i);

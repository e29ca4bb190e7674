import type { NodeView } from './operator.ts';

/** Converts a negative axis, which ONNX counts from the back. */
export const fromFront = (axis: number, rank: number): number => (axis < 0 ? axis + rank : axis);

/**
 * The axes named by a node, counted from the front: an attribute in early opsets, the input at `position` in later ones
 * (list it in `reads`). Undefined if it names none. `rank` is that of the tensor with these axes, by default the first
 * input.
 */
export function axesArgument(
  c: NodeView,
  { rank = c.inputDims(0).length, position = 1 }: { rank?: number; position?: number } = {},
): readonly number[] | undefined {
  const axes = c.ints('axes') ?? (c.has(position) ? c.value(position) : undefined);
  return axes?.map((axis) => fromFront(axis, rank));
}

/** The single axis in the attribute `axis`, counted from the front of the first input. */
export const axisArgument = (c: NodeView, otherwise: number): number =>
  fromFront(c.int('axis', otherwise), c.inputDims(0).length);

/** Axes from `start` (included) to `end` (excluded). */
export const axesBetween = (start: number, end: number): number[] =>
  Array.from({ length: Math.max(0, end - start) }, (_, i) => start + i);

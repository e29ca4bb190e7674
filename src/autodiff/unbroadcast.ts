import type { Emitter, Ref } from '../onnx/emitter.ts';

/** Sums a cotangent over the axes along which the input was repeated (numpy broadcasting). */
export function unbroadcast(e: Emitter, g: Ref, from: readonly number[], to: readonly number[]): Ref {
  const lead = from.length - to.length;
  const axes = from
    .map((_, axis) => axis)
    .filter((axis) => axis < lead || (to[axis - lead] === 1 && from[axis] !== 1));
  const summed = e.reduceSum(g, axes);
  return lead > 0 ? e.reshape(summed, to) : summed;
}

import type { Network } from '../network/network.ts';
import { isFloat } from '../onnx/data-type.ts';
import { dot } from '../targets/similarity.ts';

/** The unit in the last place of the least precise float type in a model. */
export const precisionOf = ({ facts }: Network): number =>
  [...facts.types.values()].some((type) => type === 'float16' || type === 'bfloat16') ? 2 ** -11 : 2 ** -24;

/** Whether any of some values is quantized: its gradient is a straight-through estimate. */
export const isQuantized = ({ facts }: Network, names: Iterable<string>): boolean =>
  [...names].some((name) => facts.types.has(name) && !isFloat(facts.types.get(name)));

/** Euclidean length. */
export const euclideanLength = (data: Float32Array): number => Math.sqrt(dot(data, data));

/** A vector stretched to the length of a point, or to 1 for the origin, so that steps along it are shares of it. */
export function asLongAs(vector: Float32Array, point: Float32Array): Float32Array {
  const [length, size] = [euclideanLength(vector), euclideanLength(point) || 1];
  return vector.map((part) => (part * size) / length);
}

/** A point moved by a step along a direction. */
export const movedAlong = (point: Float32Array, direction: Float32Array, step: number): Float32Array =>
  point.map((value, i) => value + step * direction[i]);

/** The gradient times a change of the point. */
export const changeOf = (gradient: Float32Array, from: Float32Array, to: Float32Array): number =>
  gradient.reduce((sum, value, i) => sum + value * (to[i] - from[i]), 0);

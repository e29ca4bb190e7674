import type { Network } from '../network/network.ts';
import { type DataType, isFloat } from '../onnx/data-type.ts';
import { OPERATORS } from '../operators/index.ts';
import { floatTensor, fromFloat, toFloat } from '../runtime/tensor.ts';
import { dot } from '../targets/similarity.ts';

/** The unit in the last place of the least precise float type in a model. */
export const precisionOf = ({ facts }: Network): number =>
  [...facts.types.values()].some((type) => type === 'float16' || type === 'bfloat16') ? 2 ** -11 : 2 ** -24;

/** Whether any of some values is quantized: its gradient is a straight-through estimate. */
export const isQuantized = ({ facts }: Network, names: Iterable<string>): boolean =>
  [...names].some((name) => facts.types.has(name) && !isFloat(facts.types.get(name)));

/** Whether values after a place move regions through which no gradient passes. */
export const hasDetached = (
  { flow }: Network,
  names: readonly string[],
  after: ReadonlySet<string>,
): boolean =>
  names.some((name) => {
    const { op, inputs } = flow.producer(name) ?? { op: '', inputs: [] };
    return OPERATORS.get(op)?.detached?.some((index) => after.has(inputs[index])) ?? false;
  });

/**
 * A random direction along which the function changes more than half precision rounds: half of it the gradient with each
 * part scaled at random, half anything.
 */
export function steepDirection(gradient: Float32Array, draw: () => number): Float32Array {
  const share = euclideanLength(gradient) / Math.sqrt(gradient.length);
  return gradient.map((g) => g * Math.abs(draw()) + share * draw());
}

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

/** A point as a model stores it, rounded to half precision if need be. */
export const asStored = (point: Float32Array, type: DataType | undefined): Float32Array =>
  type === 'float16' ? toFloat(fromFloat(floatTensor([point.length], point), type)).data : point;

/** The gradient times a change of the point. */
export const changeOf = (gradient: Float32Array, from: Float32Array, to: Float32Array): number =>
  gradient.reduce((sum, value, i) => sum + value * (to[i] - from[i]), 0);

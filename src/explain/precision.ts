import type { Network } from '../network/network.ts';
import { isFloat } from '../onnx/data-type.ts';

/** The unit in the last place of the least precise float type in a model. */
export const precisionOf = ({ facts }: Network): number =>
  [...facts.types.values()].some((type) => type === 'float16' || type === 'bfloat16') ? 2 ** -11 : 2 ** -24;

/** Whether any of some values is quantized: its gradient is a straight-through estimate. */
export const isQuantized = ({ facts }: Network, names: Iterable<string>): boolean =>
  [...names].some((name) => facts.types.has(name) && !isFloat(facts.types.get(name)));

/** Euclidean length. */
export const euclideanLength = (data: Float32Array): number =>
  Math.sqrt(data.reduce((sum, value) => sum + value * value, 0));

/** Sum of products. */
export const innerProduct = (a: Float32Array, b: Float32Array): number =>
  a.reduce((sum, value, i) => sum + value * b[i], 0);

/** The gradient times a change of the point. */
export const changeOf = (gradient: Float32Array, from: Float32Array, to: Float32Array): number =>
  gradient.reduce((sum, value, i) => sum + value * (to[i] - from[i]), 0);

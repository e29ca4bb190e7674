import { type Kernels, positionsOf, type Volume } from '../kernels/index.ts';

/** Operations on arrays and channels shared by several formulas. */

export const minimum = (values: Float32Array): number => values.reduce((a, b) => Math.min(a, b), Infinity);

export const maximum = (values: Float32Array): number => values.reduce((a, b) => Math.max(a, b), -Infinity);

/** Difference between the largest and smallest value. */
export const spanOf = (values: Float32Array): number => maximum(values) - minimum(values);

/** Σ_ij of a function of each element and its channel, [C]. */
export function channelSums(
  A: Volume,
  term: (value: number, channel: number, at: number) => number,
): Float32Array {
  const positions = positionsOf(A);
  return Float32Array.from({ length: A.channels }, (_, channel) => {
    let sum = 0;
    for (let at = channel * positions; at < (channel + 1) * positions; at++)
      sum += term(A.data[at], channel, at);
    return sum;
  });
}

/** a ∘ b, elementwise. */
export const product = (a: Volume, b: Volume): Volume => ({
  ...a,
  data: a.data.map((value, at) => value * b.data[at]),
});

/** The numbers 0 to count - 1. */
export const indices = (count: number): number[] => [...Array(count).keys()];

/**
 * At most `limit` channels, those with the largest variance over space (Faster Score-CAM: Li 2020,
 * github.com/tabayashi0117/Score-CAM).
 */
export function mostVarying(
  { A, k, options: { channels: limit } }: { A: Volume; k: Kernels; options: { readonly channels?: number } },
  channels: readonly number[],
): number[] {
  if (limit === undefined || limit >= channels.length) return [...channels];
  const positions = positionsOf(A);
  const means = k.spatialMean(A);
  const squares = k.spatialDot(A, A);
  const variance = (channel: number) => squares[channel] / positions - means[channel] ** 2;
  return channels
    .toSorted((a, b) => variance(b) - variance(a))
    .slice(0, limit)
    .sort((a, b) => a - b);
}

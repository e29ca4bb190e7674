import type { Volume } from '../kernels/index.ts';

/**
 * Gaussian blur of every channel, with reflected edges. `deviation` is in elements; the kernel ends at `cut` standard
 * deviations.
 */
export function blurred(volume: Volume, deviation: number, cut = 3): Volume {
  const { depth = 1, height, width } = volume;
  const reach = Math.max(1, Math.round(cut * deviation));
  const taps = Float64Array.from({ length: 2 * reach + 1 }, (_, i) =>
    Math.exp(-((i - reach) ** 2) / (2 * deviation ** 2)),
  );
  const sum = taps.reduce((a, b) => a + b, 0);
  const along = (from: Float32Array, length: number, stride: number): Float32Array => {
    const places = Int32Array.from({ length: length + 2 * reach }, (_, i) => reflected(i - reach, length));
    return from.map((_, at) => {
      const place = Math.floor(at / stride) % length;
      const start = at - place * stride;
      let value = 0;
      for (let i = 0; i < taps.length; i++) value += taps[i] * from[start + places[place + i] * stride];
      return value / sum;
    });
  };
  const inSlices = along(along(volume.data, width, 1), height, width);
  return { ...volume, data: depth === 1 ? inSlices : along(inSlices, depth, height * width) };
}

/** Reflects an index beyond the edge, without repeating the edge. */
function reflected(at: number, length: number): number {
  if (length === 1) return 0;
  const period = 2 * (length - 1);
  const place = ((at % period) + period) % period;
  return place < length ? place : period - place;
}

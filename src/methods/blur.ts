import type { Volume } from '../kernels/index.ts';

/** Largest number of taps on one side of the kernel: longer ones, of signals, read means of several elements per tap. */
const MAX_REACH = 1024;

/**
 * Gaussian blur of every channel, with reflected edges. `deviation` is in elements; the kernel ends at `cut` standard
 * deviations.
 */
export function blurred(volume: Volume, deviation: number, cut = 3): Volume {
  const { depth = 1, height, width } = volume;
  const reach = Math.max(1, Math.round(cut * deviation));
  const step = Math.ceil(reach / MAX_REACH);
  const side = Math.round(reach / step);
  const taps = Float64Array.from({ length: 2 * side + 1 }, (_, i) =>
    Math.exp(-(((i - side) * step) ** 2) / (2 * deviation ** 2)),
  );
  const sum = taps.reduce((a, b) => a + b, 0);
  const along = (from: Float32Array, length: number, stride: number): Float32Array => {
    const places = Int32Array.from({ length: length + 2 * side * step }, (_, i) =>
      reflected(i - side * step, length),
    );
    const read = step === 1 ? from : means(from, length, stride, step);
    return from.map((_, at) => {
      const place = Math.floor(at / stride) % length;
      const start = at - place * stride;
      let value = 0;
      for (let i = 0; i < taps.length; i++)
        value += taps[i] * read[start + places[place + i * step] * stride];
      return value / sum;
    });
  };
  const inSlices = along(along(volume.data, width, 1), height, width);
  return { ...volume, data: depth === 1 ? inSlices : along(inSlices, depth, height * width) };
}

/** Each element and its neighbors along an axis, `count` in all, averaged. */
function means(from: Float32Array, length: number, stride: number, count: number): Float32Array {
  const before = Math.floor(count / 2);
  const totals = new Float64Array(length + count);
  const out = new Float32Array(from.length);
  for (let start = 0; start < from.length; start++) {
    if (Math.floor(start / stride) % length > 0) continue;
    for (let i = 1; i < totals.length; i++)
      totals[i] = totals[i - 1] + from[start + reflected(i - 1 - before, length) * stride];
    for (let i = 0; i < length; i++) out[start + i * stride] = (totals[i + count] - totals[i]) / count;
  }
  return out;
}

/** Reflects an index beyond the edge, without repeating the edge. */
function reflected(at: number, length: number): number {
  if (length === 1) return 0;
  const period = 2 * (length - 1);
  const place = ((at % period) + period) % period;
  return place < length ? place : period - place;
}

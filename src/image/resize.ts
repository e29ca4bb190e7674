import { DEEP_STEP } from './deep.ts';
import type { DecodedPicture, Picture } from './source.ts';

/** A rectangle in pixels, from its top left corner; pixel i covers i to i + 1. */
export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** Source pixels of one output pixel: `weights[i]` belongs to pixel `first + i`; they sum to 1. */
interface Taps {
  first: number;
  weights: Float64Array;
}

/** Values of `resample`. */
export type Resample = 'antialias' | 'bilinear' | 'bicubic';

interface Filter {
  /** Half the width of the kernel, in source pixels. */
  readonly support: number;
  readonly weight: (distance: number) => number;
  /** Whether the kernel widens when shrinking, so that every source pixel counts. */
  readonly widens: boolean;
  /** Whether the library of that filter rounds to bytes after each of its two passes, or at the end alone. */
  readonly rounds: 'each pass' | 'the result';
}

const triangle = (x: number): number => Math.max(0, 1 - Math.abs(x));

/** Keys 1981, with a = -0.5. */
function cubic(x: number): number {
  const [a, d] = [-0.5, Math.abs(x)];
  if (d < 1) return ((a + 2) * d - (a + 3)) * d * d + 1;
  return d < 2 ? ((d - 5) * d + 8) * d * a - 4 * a : 0;
}

/**
 * Ways to resize: `antialias` is bilinear as in Pillow and in torchvision with antialias; `bilinear` is OpenCV's
 * INTER_LINEAR, which skips pixels when shrinking; `bicubic` is Pillow's.
 */
export const RESAMPLES: Readonly<Record<Resample, Filter>> = {
  antialias: { support: 1, weight: triangle, widens: true, rounds: 'each pass' },
  bilinear: { support: 1, weight: triangle, widens: false, rounds: 'the result' },
  bicubic: { support: 2, weight: cubic, widens: true, rounds: 'each pass' },
};

/** The usual way of training pipelines. */
export const DEFAULT_RESAMPLE: Resample = 'antialias';

/**
 * Scales a picture to fit a square, keeping its proportions; transparency is lost.
 *
 * @example
 * const thumbnail = resizePicture(await overlay(explanation), 224); // longer side 224 pixels
 */
export function resizePicture(picture: Picture, longerSide: number): Picture {
  const scale = longerSide / Math.max(picture.width, picture.height);
  const width = Math.max(1, Math.round(picture.width * scale));
  const height = Math.max(1, Math.round(picture.height * scale));
  const size = width * height;
  const whole = { x: 0, y: 0, width: picture.width, height: picture.height };
  const colors = resize(picture, whole, height, width);
  const data = new Uint8ClampedArray(4 * size).fill(255);
  for (let at = 0; at < size; at++)
    for (let c = 0; c < 3; c++) data[4 * at + c] = Math.round(colors[c * size + at]!);
  return { width, height, data };
}

/**
 * Red, green and blue [3, height, width] in 0..255 of the part `from` of a picture. They are rounded to bytes where
 * Pillow and OpenCV round them, as models saw them in training; those from 16 bits are not.
 */
export function resize(
  picture: DecodedPicture,
  from: Box,
  height: number,
  width: number,
  resample: Resample = DEFAULT_RESAMPLE,
): Float32Array {
  const filter = RESAMPLES[resample];
  const rows = taps(picture.height, from.y, from.height, height, filter);
  const columns = taps(picture.width, from.x, from.width, width, filter);
  const top = rows[0]!.first;
  const finish = picture.deep ? clip : round;
  const narrow = shrinkRows(picture, top, lastRow(rows) - top, columns);
  if (filter.rounds === 'each pass') finish(narrow);
  const out = new Float32Array(3 * height * width);
  const stride = 3 * width;
  const line = new Float64Array(stride);
  rows.forEach(({ first, weights }, y) => {
    line.fill(0);
    weights.forEach((weight, i) => {
      const start = (first - top + i) * stride;
      for (let x = 0; x < stride; x++) line[x]! += weight * narrow[start + x]!;
    });
    for (let x = 0; x < width; x++)
      for (let c = 0; c < 3; c++) out[(c * height + y) * width + x] = line[3 * x + c]!;
  });
  return finish(out);
}

/** Brings colors into 0..255, in place. */
const clip = (colors: Float32Array): Float32Array => {
  for (let i = 0; i < colors.length; i++) colors[i] = Math.min(255, Math.max(0, colors[i]!));
  return colors;
};

/** Rounds colors to bytes, in place. */
const round = (colors: Float32Array): Float32Array => {
  for (let i = 0; i < colors.length; i++) colors[i] = Math.floor(colors[i]! + 0.5);
  return clip(colors);
};

// [count, columns, 3]: only the rows needed, each at its final width.
function shrinkRows(
  { data: bytes, deep, width }: DecodedPicture,
  top: number,
  count: number,
  columns: readonly Taps[],
): Float32Array {
  const [data, step] = deep ? [deep, DEEP_STEP] : [bytes, 1];
  const out = new Float32Array(count * columns.length * 3);
  let at = 0;
  for (let y = top; y < top + count; y++) {
    for (const { first, weights } of columns) {
      let [red, green, blue] = [0, 0, 0];
      let p = (y * width + first) * 4;
      for (let i = 0; i < weights.length; i++, p += 4) {
        const weight = weights[i]!;
        red += weight * data[p]!;
        green += weight * data[p + 1]!;
        blue += weight * data[p + 2]!;
      }
      out[at++] = red / step;
      out[at++] = green / step;
      out[at++] = blue / step;
    }
  }
  return out;
}

/**
 * Pillow's precompute_coeffs and normalize_coeffs_8bpc (src/libImaging/Resample.c), whose weights have 22 bits: sums of
 * them and bytes are exact in float64. Without widening, the samples of OpenCV.
 */
function taps(size: number, start: number, length: number, count: number, filter: Filter): Taps[] {
  const scale = length / count;
  const spread = filter.widens ? Math.max(scale, 1) : 1;
  const reach = filter.support * spread;
  return Array.from({ length: count }, (_, i) => {
    const center = start + (i + 0.5) * scale;
    const first = Math.max(0, Math.trunc(center - reach + 0.5));
    const end = Math.min(size, Math.trunc(center + reach + 0.5));
    const weights = Float64Array.from({ length: end - first }, (_, j) =>
      filter.weight((first + j - center + 0.5) / spread),
    );
    const sum = weights.reduce((a, b) => a + b);
    return { first, weights: weights.map((weight) => Math.round((weight / sum) * WEIGHT_ONE) / WEIGHT_ONE) };
  });
}

const WEIGHT_ONE = 2 ** 22;

function lastRow(rows: readonly Taps[]): number {
  const { first, weights } = rows.at(-1)!;
  return first + weights.length;
}

import { axesBetween } from './axis-arguments.ts';
import type { AxisMap } from './separable.ts';

/** Resize parameters of one axis, from `size` elements to `count` samples. */
export interface Resampling {
  readonly size: number;
  readonly count: number;
  /** Samples per element, as the node declares it: may differ from count / size. */
  readonly scale: number;
  /** Start and end of the region of interest, in units of the axis; only `tf_crop_and_resize` uses it. */
  readonly region: readonly [number, number];
  readonly coordinates: Coordinates;
  readonly mode: keyof typeof MODES;
  readonly nearest: Nearest;
  /** Coefficient a of the cubic kernel (Keys 1981). */
  readonly cubic: number;
  readonly antialias: boolean;
  /** Weights of elements outside are spread over the others instead of going to the edge. */
  readonly excludeOutside: boolean;
}

type Coordinates =
  | 'asymmetric'
  | 'half_pixel'
  | 'pytorch_half_pixel'
  | 'tf_half_pixel_for_nn'
  | 'align_corners'
  | 'half_pixel_symmetric'
  | 'tf_crop_and_resize';

type Nearest = 'round_prefer_floor' | 'round_prefer_ceil' | 'floor' | 'ceil' | 'simple';

// onnxruntime computes positions in float32; its rounding decides ties.
const f = Math.fround;

/** Position of a sample among the elements: https://onnx.ai/onnx/operators/onnx__Resize.html */
export const COORDINATES: Readonly<Record<Coordinates, (at: number, r: Resampling) => number>> = {
  asymmetric: (at, { scale }) => f(at / scale),
  half_pixel: (at, { scale }) => f(f((at + 0.5) / scale) - 0.5),
  pytorch_half_pixel: (at, r) => (r.count > 1 ? COORDINATES.half_pixel(at, r) : 0),
  tf_half_pixel_for_nn: (at, { scale }) => f((at + 0.5) / scale),
  align_corners: (at, { size, count }) => (count > 1 ? f((at * (size - 1)) / (count - 1)) : 0),
  half_pixel_symmetric: (at, r) => {
    const adjustment = f(r.count / f(r.scale * r.size));
    const offset = f((r.size / 2) * f(1 - adjustment));
    return f(offset + (at + 0.5) / r.scale - 0.5);
  },
  tf_crop_and_resize: (at, { size, count, region: [start, end] }) => {
    if (count === 1) return f(0.5 * f(start + end) * (size - 1));
    return f(f(start * (size - 1)) + f((at * f(f(end - start) * (size - 1))) / (count - 1)));
  },
};

/** Distance from the middle of two elements below which a position counts as a tie. */
const TIE = 1e-6;

export const NEAREST: Readonly<Record<Nearest, (x: number, r: Resampling) => number>> = {
  round_prefer_floor: (x) => Math.ceil(x - 0.5 - TIE),
  round_prefer_ceil: (x) => Math.floor(x + 0.5 + TIE),
  floor: Math.floor,
  ceil: Math.ceil,
  // Resize 10, without an attribute for it, and Upsample
  simple: (x, { scale }) => (scale < 1 ? Math.ceil(x) : Math.trunc(x)),
};

const KERNELS: Readonly<
  Record<'linear' | 'cubic', { radius: number; weight: (t: number, a: number) => number }>
> = {
  linear: { radius: 1, weight: (t) => Math.max(0, 1 - Math.abs(t)) },
  cubic: {
    radius: 2,
    weight: (t, a) => {
      const d = Math.abs(t);
      if (d >= 2) return 0;
      return d <= 1 ? ((a + 2) * d - (a + 3)) * d * d + 1 : a * (((d - 5) * d + 8) * d - 4);
    },
  },
};

export const MODES: Readonly<Record<'nearest' | keyof typeof KERNELS, true>> = {
  nearest: true,
  linear: true,
  cubic: true,
};

/** The weight of every element of an axis in each sample. */
export const resamplingMap = (r: Resampling): AxisMap => axesBetween(0, r.count).map((at) => rowOf(at, r));

function rowOf(at: number, r: Resampling): number[] {
  const row = Array.from({ length: r.size }, () => 0);
  const x = COORDINATES[r.coordinates](at, r);
  // The extrapolation value outside the image has no gradient.
  if (r.coordinates === 'tf_crop_and_resize' && (x < 0 || x > r.size - 1)) return row;
  const taps =
    r.mode === 'nearest' ? [[NEAREST[r.nearest](x, r), 1] as const] : kernelTaps(x, r, KERNELS[r.mode]);
  const inside = taps.filter(([index]) => index >= 0 && index < r.size);
  const kept = r.excludeOutside && inside.length > 0 ? inside : taps;
  const total = kept.reduce((sum, [, weight]) => sum + weight, 0);
  for (const [index, weight] of kept) row[Math.min(Math.max(index, 0), r.size - 1)] += weight / total;
  return row;
}

/** Elements around x and their weights. With antialias, shrinking widens the kernel to the size of a sample. */
function kernelTaps(
  x: number,
  r: Resampling,
  { radius, weight }: (typeof KERNELS)[keyof typeof KERNELS],
): (readonly [index: number, weight: number])[] {
  const width = r.antialias ? Math.max(1, 1 / r.scale) : 1;
  const first = Math.floor(x - radius * width) + 1;
  const last = Math.ceil(x + radius * width) - 1;
  return axesBetween(first, last + 1).map((index) => [index, weight((index - x) / width, r.cubic)]);
}

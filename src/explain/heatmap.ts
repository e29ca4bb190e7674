import type { Kernels, Plane, Volume } from '../kernels/index.ts';
import type { Collapse, Compat, Fusion } from '../methods/method.ts';

/** From a feature-resolution map to one at the image's size, bilinear with half-pixel centres. */
export type Carry = (map: Plane) => Plane;

/** What the values 0 and 1 of a heatmap stand for in the map that it was made of. */
export type Range = readonly [low: number, high: number];

export interface Heatmap {
  /** Values in [0, 1]. */
  readonly plane: Plane;
  readonly range: Range;
}

export interface HeatmapOptions {
  readonly fuse: Fusion;
  readonly compat: Compat | undefined;
  /** Keeps the sign: 0.5 is zero, 0 and 1 are the largest magnitude. */
  readonly signed: boolean;
  /** false normalises the map without the ReLU, as torch-cam does for one method. */
  readonly rectified?: boolean;
}

/**
 * Signed maps of one or several layers to a heatmap in [0, 1] at the image's size: ReLU, upsample, min-max; several are
 * each brought to [0, 1] and fused first. An all-zero map stays zero.
 */
export function heatmapOf(
  maps: readonly Plane[],
  { fuse, compat, signed, rectified = true }: HeatmapOptions,
  carry: Carry,
  k: Kernels,
): Heatmap {
  if (signed) return aroundZero(maps, fuse, carry);
  const positive = rectified ? maps.map((map) => ({ ...map, data: k.relu(map.data) })) : maps;
  return PIPELINES[compat ?? 'paper'](positive, fuse, carry, k);
}

type Pipeline = (maps: readonly Plane[], fuse: Fusion, carry: Carry, k: Kernels) => Heatmap;

const PIPELINES: Readonly<Record<Compat | 'paper', Pipeline>> = {
  paper: (maps, fuse, carry, k) => {
    if (maps.length === 1) return normalised(carry(maps[0]), 0, k);
    const { prepare, combine } = FUSIONS[fuse];
    return normalised(
      combined(
        maps.map((map) => prepare(map, carry, k)),
        combine,
      ),
      0,
      k,
    );
  },
  // base_cam.py: min-max at feature resolution, resize, mean over layers, min-max again.
  'pytorch-grad-cam': (maps, fuse, carry, k) => {
    const resized = maps.map((map) => carry(k.minMax(map, 1e-7)));
    const { combine } = FUSIONS[fuse === 'layercam' ? 'mean' : fuse];
    const { plane, range } = normalised(combined(resized, combine), 1e-7, k);
    return { plane, range: maps.length === 1 ? rangeOf(maps[0]) : range };
  },
  // core.py: min-max at feature resolution, resize, maximum over layers (LayerCAM: of tanh(2M)); products once more.
  'torch-cam': (maps, fuse, carry, k) => {
    const normal = maps.map((map) => k.minMax(map, 1e-8));
    if (maps.length === 1) return { plane: carry(normal[0]), range: rangeOf(maps[0]) };
    if (fuse === 'product') return normalised(combined(normal.map(carry), FUSIONS.product.combine), 1e-8, k);
    const scaled = fuse === 'layercam' ? normal.map((map) => mapped(map, (v) => Math.tanh(2 * v))) : normal;
    return { plane: combined(scaled.map(carry), FUSIONS.max.combine), range: [0, 1] };
  },
};

interface FusionRow {
  readonly prepare: (map: Plane, carry: Carry, k: Kernels) => Plane;
  readonly combine: (values: readonly number[]) => number;
}

const toUnit: FusionRow['prepare'] = (map, carry, k) => k.minMax(carry(map));
const average = (values: readonly number[]): number => values.reduce((a, b) => a + b) / values.length;
const maximum = (values: readonly number[]): number => values.reduce((a, b) => Math.max(a, b));

/** How the maps of several layers become one. */
const FUSIONS: Readonly<Record<Fusion, FusionRow>> = {
  mean: { prepare: toUnit, combine: average },
  max: { prepare: toUnit, combine: maximum },
  product: { prepare: toUnit, combine: (values) => values.reduce((a, b) => a * b) },
  // LayerCAM's eq. 9: tanh(2 M / max M), then the maximum.
  layercam: {
    prepare: (map, carry) => {
      const [, top] = rangeOf(map);
      return carry(mapped(map, (v) => (top > 0 ? Math.tanh((2 * v) / top) : 0)));
    },
    combine: maximum,
  },
};

/** Signed maps, each divided by its largest magnitude, and the mean of several, laid around 0.5. */
function aroundZero(maps: readonly Plane[], fuse: Fusion, carry: Carry): Heatmap {
  const scaled = maps.map(carry);
  const units = maps.length === 1 ? scaled : scaled.map((map) => mapped(map, (v) => v / (reachOf(map) || 1)));
  const furthest = (values: readonly number[]) =>
    values.reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a));
  const { combine } = FUSIONS[fuse];
  const one = combined(units, combine === maximum ? furthest : combine);
  const reach = reachOf(one);
  return { plane: mapped(one, (v) => (reach > 0 ? 0.5 + v / (2 * reach) : 0.5)), range: [-reach, reach] };
}

const reachOf = ({ data }: Plane): number => data.reduce((a, b) => Math.max(a, Math.abs(b)), 0);

export function rangeOf({ data }: Plane): Range {
  let [low, high] = [Infinity, -Infinity];
  for (let i = 0; i < data.length; i++) {
    if (data[i] < low) low = data[i];
    if (data[i] > high) high = data[i];
  }
  return [low, high];
}

const normalised = (map: Plane, epsilon: number, k: Kernels): Heatmap => ({
  plane: k.minMax(map, epsilon),
  range: rangeOf(map),
});

/** A heatmap on another scale: that of several images. Values beyond it are clipped. */
export function rescaled(heatmap: Plane, from: Range, to: Range): Plane {
  const span = to[1] - to[0];
  return mapped(heatmap, (v) => {
    const value = from[0] + v * (from[1] - from[0]);
    return span > 0 ? Math.min(1, Math.max(0, (value - to[0]) / span)) : 0;
  });
}

type CollapseRow = (values: readonly number[]) => number;

/** What of the channels of a map at the input is shown; with its sign, where that is wanted. */
export const COLLAPSES: Readonly<Record<Collapse, { plain: CollapseRow; signed: CollapseRow }>> = {
  // Simonyan et al. 2014, sec. 3.1
  largest: {
    plain: (values) => values.reduce((a, b) => Math.max(a, Math.abs(b)), 0),
    signed: (values) => values.reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a)),
  },
  total: { plain: (values) => Math.abs(total(values)), signed: (values) => total(values) },
  sum: { plain: (values) => total(values), signed: (values) => total(values) },
};

const total = (values: readonly number[]): number => values.reduce((a, b) => a + b);

/** One plane of a map [C, H, W]. */
export function collapsed({ data, channels, height, width }: Volume, collapse: CollapseRow): Plane {
  const size = height * width;
  const values = new Array<number>(channels);
  return {
    data: Float32Array.from({ length: size }, (_, at) => {
      for (let c = 0; c < channels; c++) values[c] = data[c * size + at];
      return collapse(values);
    }),
    height,
    width,
  };
}

const mapped = (map: Plane, f: (value: number) => number): Plane => ({ ...map, data: map.data.map(f) });

const combined = (maps: readonly Plane[], combine: FusionRow['combine']): Plane =>
  maps.length === 1
    ? maps[0]
    : { ...maps[0], data: maps[0].data.map((_, at) => combine(maps.map((map) => map.data[at]))) };

import { extentOf, type Kernels, type Plane, positionsOf, type Volume } from '../kernels/index.ts';
import type { Collapse, Compat, Fusion, InputMethod } from '../methods/method.ts';
import type { HeatmapRange } from '../types.ts';

/** Upsamples a map from feature resolution to the image's size, bilinear with half-pixel centers. */
export type Upsample = (map: Plane) => Plane;

export interface Heatmap {
  /** Values in [0, 1]. */
  readonly plane: Plane;
  readonly range: HeatmapRange;
}

export interface HeatmapOptions {
  readonly fuse: Fusion;
  readonly compat: Compat | undefined;
  /** Whether the sign is kept: 0.5 is zero, and 0 or 1 the largest magnitude. */
  readonly signed: boolean;
  /** `false` normalizes the map without ReLU, as torch-cam does for one method. */
  readonly rectified?: boolean;
}

/**
 * Signed maps of one or several layers as a heatmap in [0, 1] at the image's size: ReLU, upsampling, min-max. Several
 * layers are first scaled to [0, 1] and fused. An all-zero map stays zero.
 */
export function heatmapOf(
  maps: readonly Plane[],
  { fuse, compat, signed, rectified = true }: HeatmapOptions,
  upsample: Upsample,
  k: Kernels,
): Heatmap {
  if (signed) return aroundZero(maps, fuse, upsample);
  const positive = rectified ? maps.map((map) => ({ ...map, data: k.relu(map.data) })) : maps;
  return PIPELINES[compat ?? 'paper'](positive, fuse, upsample, k);
}

type Pipeline = (maps: readonly Plane[], fuse: Fusion, upsample: Upsample, k: Kernels) => Heatmap;

const PIPELINES: Readonly<Record<Compat | 'paper', Pipeline>> = {
  paper: (maps, fuse, upsample, k) => {
    if (maps.length === 1) return normalized(upsample(maps[0]), 0, k);
    const { prepare, combine } = FUSION_RULES[fuse];
    return normalized(
      combined(
        maps.map((map) => prepare(map, upsample, k)),
        combine,
      ),
      0,
      k,
    );
  },
  // base_cam.py: min-max at feature resolution, resize, mean over layers, min-max again.
  'pytorch-grad-cam': (maps, fuse, upsample, k) => {
    const resized = maps.map((map) => upsample(k.minMax(map, 1e-7)));
    const { combine } = FUSION_RULES[fuse === 'layercam' ? 'mean' : fuse];
    const { plane, range } = normalized(combined(resized, combine), 1e-7, k);
    return { plane, range: maps.length === 1 ? valueRange(maps[0]) : range };
  },
  // core.py: min-max at feature resolution, resize, maximum over layers (LayerCAM: of tanh(2M)); min-max again for
  // products.
  'torch-cam': (maps, fuse, upsample, k) => {
    const normal = maps.map((map) => k.minMax(map, 1e-8));
    if (maps.length === 1) return { plane: upsample(normal[0]), range: valueRange(maps[0]) };
    if (fuse === 'product')
      return normalized(combined(normal.map(upsample), FUSION_RULES.product.combine), 1e-8, k);
    const scaled = fuse === 'layercam' ? normal.map((map) => mapped(map, (v) => Math.tanh(2 * v))) : normal;
    return { plane: combined(scaled.map(upsample), FUSION_RULES.max.combine), range: [0, 1] };
  },
};

interface FusionRule {
  readonly prepare: (map: Plane, upsample: Upsample, k: Kernels) => Plane;
  readonly combine: (values: readonly number[]) => number;
}

const toUnit: FusionRule['prepare'] = (map, upsample, k) => k.minMax(upsample(map));
const averageOf = (values: readonly number[]): number => values.reduce((a, b) => a + b) / values.length;
const largestOf = (values: readonly number[]): number => values.reduce((a, b) => Math.max(a, b));

/** Fusion of the maps of several layers. */
const FUSION_RULES: Readonly<Record<Fusion, FusionRule>> = {
  mean: { prepare: toUnit, combine: averageOf },
  max: { prepare: toUnit, combine: largestOf },
  product: { prepare: toUnit, combine: (values) => values.reduce((a, b) => a * b) },
  // LayerCAM's eq. 9: tanh(2 M / max M), then the maximum.
  layercam: {
    prepare: (map, upsample) => {
      const [, top] = valueRange(map);
      return upsample(mapped(map, (v) => (top > 0 ? Math.tanh((2 * v) / top) : 0)));
    },
    combine: largestOf,
  },
};

/** Signed maps, each divided by its largest magnitude, fused, and centered on 0.5. */
function aroundZero(maps: readonly Plane[], fuse: Fusion, upsample: Upsample): Heatmap {
  const scaled = maps.map(upsample);
  const units =
    maps.length === 1 ? scaled : scaled.map((map) => mapped(map, (v) => v / (magnitudeOf(map) || 1)));
  const largestMagnitude = (values: readonly number[]) =>
    values.reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a));
  const { combine } = FUSION_RULES[fuse];
  const one = combined(units, combine === largestOf ? largestMagnitude : combine);
  const magnitude = magnitudeOf(one);
  return {
    plane: mapped(one, (v) => (magnitude > 0 ? 0.5 + v / (2 * magnitude) : 0.5)),
    range: [-magnitude, magnitude],
  };
}

const magnitudeOf = ({ data }: Plane): number => data.reduce((a, b) => Math.max(a, Math.abs(b)), 0);

function valueRange({ data }: Plane): HeatmapRange {
  let [low, high] = [Infinity, -Infinity];
  for (let i = 0; i < data.length; i++) {
    if (data[i] < low) low = data[i];
    if (data[i] > high) high = data[i];
  }
  return [low, high];
}

const normalized = (map: Plane, epsilon: number, k: Kernels): Heatmap => ({
  plane: k.minMax(map, epsilon),
  range: valueRange(map),
});

/** A heatmap on another scale, such as a common scale for several images; values outside are clipped. */
export function rescaled(heatmap: Plane, from: HeatmapRange, to: HeatmapRange): Plane {
  const span = to[1] - to[0];
  return mapped(heatmap, (v) => {
    const value = from[0] + v * (from[1] - from[0]);
    return span > 0 ? Math.min(1, Math.max(0, (value - to[0]) / span)) : 0;
  });
}

type CollapseRule = (values: readonly number[]) => number;

/** Reduction of a map's channels at the input, without and with the sign. */
const COLLAPSES: Readonly<Record<Collapse, { plain: CollapseRule; signed: CollapseRule }>> = {
  // Simonyan et al. 2014, sec. 3.1
  largest: {
    plain: (values) => values.reduce((a, b) => Math.max(a, Math.abs(b)), 0),
    signed: (values) => values.reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a)),
  },
  total: { plain: (values) => Math.abs(sumOf(values)), signed: (values) => sumOf(values) },
  sum: { plain: (values) => sumOf(values), signed: (values) => sumOf(values) },
};

/** The value of largest magnitude over channels, with its sign. */
export const strongestChannel = (map: Volume): Volume => ({
  ...collapsed(map, COLLAPSES.largest.signed),
  channels: 1,
});

/** How the heatmap of a method combines the channels of its map. */
export const collapseOf = (
  { collapse = 'largest' }: Pick<InputMethod, 'collapse'>,
  signed: boolean,
): CollapseRule => COLLAPSES[collapse][signed ? 'signed' : 'plain'];

const sumOf = (values: readonly number[]): number => values.reduce((a, b) => a + b);

/** Reduces a map [C, H, W] to one plane. */
export function collapsed(map: Volume, collapse: CollapseRule): Plane {
  const { data, channels } = map;
  const size = positionsOf(map);
  const values = new Array<number>(channels);
  return {
    ...extentOf(map),
    data: Float32Array.from({ length: size }, (_, at) => {
      for (let c = 0; c < channels; c++) values[c] = data[c * size + at];
      return collapse(values);
    }),
  };
}

const mapped = (map: Plane, f: (value: number) => number): Plane => ({ ...map, data: map.data.map(f) });

const combined = (maps: readonly Plane[], combine: FusionRule['combine']): Plane =>
  maps.length === 1
    ? maps[0]
    : { ...maps[0], data: maps[0].data.map((_, at) => combine(maps.map((map) => map.data[at]))) };

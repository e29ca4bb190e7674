import type { Kernels, Plane } from '../kernels/index.ts';
import type { Compat, Fusion } from './method.ts';

/** From a feature-resolution map to one at the image's size, bilinear with half-pixel centres. */
export type Carry = (map: Plane) => Plane;

/**
 * Signed maps of one or several layers to a heatmap in [0, 1] at the image's size: ReLU, upsample, min-max; several are
 * each brought to [0, 1] and fused first. An all-zero map stays zero.
 */
export function heatmapOf(
  maps: readonly Plane[],
  fuse: Fusion,
  compat: Compat | undefined,
  carry: Carry,
  k: Kernels,
): Plane {
  const positive = maps.map((map) => ({ ...map, data: k.relu(map.data) }));
  return PIPELINES[compat ?? 'paper'](positive, fuse, carry, k);
}

type Pipeline = (maps: readonly Plane[], fuse: Fusion, carry: Carry, k: Kernels) => Plane;

const PIPELINES: Readonly<Record<Compat | 'paper', Pipeline>> = {
  paper: (maps, fuse, carry, k) => {
    if (maps.length === 1) return k.minMax(carry(maps[0]));
    const { prepare, combine } = FUSIONS[fuse];
    return k.minMax(
      combined(
        maps.map((map) => prepare(map, carry, k)),
        combine,
      ),
    );
  },
  // base_cam.py: min-max at feature resolution, resize, mean over layers, min-max again.
  'pytorch-grad-cam': (maps, _fuse, carry, k) => {
    const resized = maps.map((map) => carry(k.minMax(map, 1e-7)));
    return k.minMax(combined(resized, FUSIONS.mean.combine), 1e-7);
  },
  // core.py: min-max at feature resolution, resize, maximum over layers (LayerCAM: of tanh(2M)).
  'torch-cam': (maps, fuse, carry, k) => {
    const normal = maps.map((map) => k.minMax(map, 1e-8));
    if (maps.length === 1) return carry(normal[0]);
    const scaled = fuse === 'layercam' ? normal.map((map) => mapped(map, (v) => Math.tanh(2 * v))) : normal;
    return combined(scaled.map(carry), FUSIONS.max.combine);
  },
};

interface FusionRow {
  readonly prepare: (map: Plane, carry: Carry, k: Kernels) => Plane;
  readonly combine: (values: readonly number[]) => number;
}

const normalised = (map: Plane, carry: Carry, k: Kernels): Plane => k.minMax(carry(map));
const maximum = (values: readonly number[]): number => values.reduce((a, b) => Math.max(a, b));

/** How the maps of several layers become one. */
const FUSIONS: Readonly<Record<Fusion, FusionRow>> = {
  mean: { prepare: normalised, combine: (values) => values.reduce((a, b) => a + b) / values.length },
  max: { prepare: normalised, combine: maximum },
  // LayerCAM's eq. 9: tanh(2 M / max M), then the maximum.
  layercam: {
    prepare: (map, carry) => {
      const top = map.data.reduce((a, b) => Math.max(a, b), 0);
      return carry(mapped(map, (v) => (top > 0 ? Math.tanh((2 * v) / top) : 0)));
    },
    combine: maximum,
  },
};

const mapped = (map: Plane, f: (value: number) => number): Plane => ({ ...map, data: map.data.map(f) });

const combined = (maps: readonly Plane[], combine: FusionRow['combine']): Plane =>
  maps.length === 1
    ? maps[0]
    : { ...maps[0], data: maps[0].data.map((_, at) => combine(maps.map((map) => map.data[at]))) };

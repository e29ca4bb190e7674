import type { Extent } from './volume.ts';

/**
 * Sample positions along one axis: output i samples the source at `(i + 0.5) * scale + offset - 0.5`, with the center
 * of source element r at r. `scale` and `offset` are in source elements.
 */
export interface Axis {
  scale: number;
  offset: number;
}

/** Sample positions of a resampled map, by slice (`z`, for depth only), row (`y`) and column (`x`). */
export interface Grid {
  z?: Axis;
  y: Axis;
  x: Axis;
  /** Values beyond the source: its edge (the default) or 0. */
  outside?: 'edge' | 'zero';
}

/** Maps the source's whole area to the output's: PyTorch's `align_corners=False`, OpenCV's INTER_LINEAR. */
export const halfPixel = (source: Extent, output: Extent): Grid =>
  gridWith(source, output, (from, to) => ({ scale: from / to, offset: 0 }));

/** Maps corner centers to corner centers: PyTorch's `align_corners=True`. */
export const alignCorners = (source: Extent, output: Extent): Grid =>
  gridWith(source, output, cornerToCorner);

const gridWith = (from: Extent, to: Extent, axis: (from: number, to: number) => Axis): Grid => ({
  z: axis(from.depth ?? 1, to.depth ?? 1),
  y: axis(from.height, to.height),
  x: axis(from.width, to.width),
});

function cornerToCorner(source: number, output: number): Axis {
  const scale = output > 1 ? (source - 1) / (output - 1) : 0;
  return { scale, offset: 0.5 - 0.5 * scale };
}

/**
 * Sample positions along one axis: output i samples the source at `(i + 0.5) * scale + offset - 0.5`, with the center
 * of source element r at r. `scale` and `offset` are in source elements.
 */
export interface Axis {
  scale: number;
  offset: number;
}

/** Sample positions of a resampled plane, by row (`y`) and column (`x`). */
export interface Grid {
  y: Axis;
  x: Axis;
  /** Values beyond the source: its edge (the default) or 0. */
  outside?: 'edge' | 'zero';
}

interface Extent {
  height: number;
  width: number;
}

/** Maps the source's whole area to the output's: PyTorch's `align_corners=False`, OpenCV's INTER_LINEAR. */
export function halfPixel(source: Extent, height: number, width: number): Grid {
  return {
    y: { scale: source.height / height, offset: 0 },
    x: { scale: source.width / width, offset: 0 },
  };
}

/** Maps corner centers to corner centers: PyTorch's `align_corners=True`. */
export function alignCorners(source: Extent, height: number, width: number): Grid {
  return { y: cornerToCorner(source.height, height), x: cornerToCorner(source.width, width) };
}

function cornerToCorner(source: number, output: number): Axis {
  const scale = output > 1 ? (source - 1) / (output - 1) : 0;
  return { scale, offset: 0.5 - 0.5 * scale };
}

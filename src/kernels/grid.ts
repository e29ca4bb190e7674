/**
 * Where the outputs along one axis take their samples: output i samples the source at `(i + 0.5) * scale + offset - 0.5`,
 * where the center of source element r lies at r. `scale` and `offset` are in source elements.
 */
export interface Axis {
  scale: number;
  offset: number;
}

/** Where a resampled plane takes its samples, row by row (`y`) and column by column (`x`). */
export interface Grid {
  y: Axis;
  x: Axis;
  /** What lies beyond the source: its edge continued (the default), or 0. */
  outside?: 'edge' | 'zero';
}

interface Extent {
  height: number;
  width: number;
}

/** The source's whole area stretched over the output's: PyTorch's `align_corners=False`, OpenCV's INTER_LINEAR. */
export function halfPixel(source: Extent, height: number, width: number): Grid {
  return {
    y: { scale: source.height / height, offset: 0 },
    x: { scale: source.width / width, offset: 0 },
  };
}

/** Centers of the corner elements laid over each other: PyTorch's `align_corners=True`. */
export function alignCorners(source: Extent, height: number, width: number): Grid {
  return { y: cornerToCorner(source.height, height), x: cornerToCorner(source.width, width) };
}

function cornerToCorner(source: number, output: number): Axis {
  const scale = output > 1 ? (source - 1) / (output - 1) : 0;
  return { scale, offset: 0.5 - 0.5 * scale };
}

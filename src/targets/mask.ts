import type { Fit } from '../image/placement.ts';
import { toTensor } from '../image/preprocess.ts';
import { DEFAULT_RESAMPLE } from '../image/resize.ts';
import type { Picture } from '../image/source.ts';
import type { OutputGrid } from './kind.ts';

/** Whiteness of a picture in [0, 1] on a grid, placed like an image of its size; 0 outside. */
export function maskWeights(picture: Picture, grid: OutputGrid, fit: Fit): Float32Array {
  const whiteness = { channels: 'gray', range: [0, 1], mean: [0], std: [1], layout: 'nchw' } as const;
  const { data, placement } = toTensor(picture, { ...grid, ...whiteness, fit, resample: DEFAULT_RESAMPLE });
  const { x, y, width, height } = placement.to;
  return data.map((value, i) => {
    const [column, row] = [i % grid.width, Math.floor(i / grid.width)];
    return column >= x && column < x + width && row >= y && row < y + height ? value : 0;
  });
}

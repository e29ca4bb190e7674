import type { Picture } from '../image/source.ts';
import type { Fit } from '../image/placement.ts';
import { toTensor } from '../image/preprocess.ts';
import type { Grid } from './objective.ts';

/** Whiteness of a picture in [0, 1] on a grid, as an image of its size would lie in it; where none lies it is 0. */
export function maskWeights(picture: Picture, grid: Grid, fit: Fit): Float32Array {
  const whiteness = { channels: 'gray', range: [0, 1], mean: [0], std: [1], layout: 'nchw' } as const;
  const { data, placement } = toTensor(picture, { ...grid, ...whiteness, fit });
  const { x, y, width, height } = placement.to;
  return data.map((value, i) => {
    const [column, row] = [i % grid.width, Math.floor(i / grid.width)];
    return column >= x && column < x + width && row >= y && row < y + height ? value : 0;
  });
}

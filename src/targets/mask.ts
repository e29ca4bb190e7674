import { DEEP_STEP } from '../image/deep.ts';
import { place, type Resizing, type Size } from '../image/placement.ts';
import { toTensor } from '../image/preprocess.ts';
import { type Box, DEFAULT_RESAMPLE } from '../image/resize.ts';
import type { Picture } from '../image/source.ts';
import type { OutputGrid } from './kind.ts';

/** Whiteness of a picture in [0, 1] on a grid, placed like an image of its size in the input; 0 outside. */
export function maskWeights(picture: Picture, grid: OutputGrid, input: Resizing): Float32Array {
  const whiteness = { channels: 'gray', range: [0, 1], mean: [0], std: [1], layout: 'nchw' } as const;
  const { fit, cropPct } = input;
  const inInput = place(picture, input);
  const to = onGrid(inInput.to, grid, inInput.input);
  const settings = { ...whiteness, ...grid, fit, cropPct, resample: DEFAULT_RESAMPLE };
  // 16 bits, which resizing does not round.
  const deep = Uint16Array.from(picture.data, (value) => value * DEEP_STEP);
  const { data } = toTensor({ ...picture, deep }, settings, {
    ...inInput,
    input: { width: grid.width, height: grid.height },
    to,
  });
  return data.map((value, i) => {
    const [column, row] = [i % grid.width, Math.floor(i / grid.width)];
    const inside = column >= to.x && column < to.x + to.width && row >= to.y && row < to.y + to.height;
    return inside ? value : 0;
  });
}

/** A box of the input in whole cells of a grid over it. */
function onGrid(box: Box, grid: OutputGrid, input: Size): Box {
  const [across, down] = [grid.width / input.width, grid.height / input.height];
  const [x, y] = [Math.floor(box.x * across), Math.floor(box.y * down)];
  const cells = (length: number, start: number, limit: number) =>
    Math.min(limit - start, Math.max(1, Math.round(length)));
  return {
    ...{ x, y },
    width: cells(box.width * across, x, grid.width),
    height: cells(box.height * down, y, grid.height),
  };
}

import type { AttributeValue } from '../../../src/onnx/emitter.ts';
import { type Case, type Input, weights, x } from '../case.ts';

type Attributes = Record<string, AttributeValue>;

/** Positions well away from pixel centers, where a sample has kinks or jumps; some are outside the image. */
const grid = (dims: readonly number[], sizes: readonly number[], align: boolean): Input => {
  const axes = sizes.length;
  const positions = [-2.3, -0.7, 0.3, 0.7, 1.3, 2.7, 3.3, 5.7, 8.3];
  const values = Array.from({ length: dims.reduce((a, b) => a * b) * axes }, (_, i) => {
    const size = sizes[axes - 1 - (i % axes)];
    const position = positions[(i * 5 + Math.floor(i / axes)) % positions.length];
    return align ? (2 * position) / (size - 1) - 1 : (2 * position + 1) / size - 1;
  });
  return x([...dims, axes], { values });
};

const GRID_CASES: readonly Case[] = ['zeros', 'border', 'reflection'].flatMap((padding_mode) =>
  [0, 1].flatMap((align_corners) =>
    ['bilinear', 'nearest', 'bicubic'].map((mode): Case => ({
      title: `${mode}, ${padding_mode}, align_corners ${align_corners}`,
      op: 'GridSample',
      attributes: { mode, padding_mode, align_corners },
      inputs: [x([2, 2, 4, 5]), grid([2, 3, 4], [4, 5], align_corners === 1)],
      roundings: 40,
    })),
  ),
);

/** Boxes x1, y1, x2, y2 in an image of 8x8 halves: inside, across the edges, thinner than a pixel, outside. */
const BOXES = [2, 1, 13, 9, -4, 3, 5.5, 20, 3, 4, 3.5, 15, 30, 30, 40, 44];

const roiAlign = (title: string, attributes: Attributes, opset = 16): Case => ({
  title,
  op: 'RoiAlign',
  opset,
  attributes: { output_height: 3, output_width: 2, spatial_scale: { float: 0.5 }, ...attributes },
  inputs: [
    x([2, 3, 8, 8]),
    weights([4, 4], BOXES),
    { dims: [4], values: [0, 1, 1, 0], type: 'int64', fixed: true },
  ],
});

export const SAMPLING_CASES: readonly Case[] = [
  ...GRID_CASES,
  {
    title: 'linear, 3-D',
    op: 'GridSample',
    opset: 20,
    attributes: { mode: 'linear', padding_mode: 'reflection' },
    inputs: [x([1, 2, 3, 4, 5]), grid([1, 2, 3, 2], [3, 4, 5], false)],
  },
  {
    title: 'a single row',
    op: 'GridSample',
    attributes: { padding_mode: 'reflection', align_corners: 1 },
    inputs: [x([1, 1, 1, 4]), x([1, 2, 2, 2], { values: [-0.7, -0.4, 0.2, 0.5, 0.7, 1.5, 0.1, 0.2] })],
  },
  { op: 'com.microsoft.GridSample', inputs: [x([1, 2, 4, 5]), grid([1, 3, 3], [4, 5], false)] },

  roiAlign('two samples a bin', { sampling_ratio: 2 }),
  roiAlign('as many samples as pixels', {}),
  roiAlign('output_half_pixel', { coordinate_transformation_mode: 'output_half_pixel', sampling_ratio: 3 }),
  roiAlign('opset 10', {}, 10),
];

import type { AttributeValue } from '../../../src/onnx/emitter.ts';
import { absent, ints, scalar, weights, x, type Case, type Input } from '../case.ts';

const pad = (
  title: string,
  dims: readonly number[],
  pads: readonly number[],
  mode: string,
  more: Partial<Case> = {},
): Case => ({
  title,
  op: 'Pad',
  attributes: { mode },
  inputs: [x(dims), ints(...pads)],
  ...more,
});

const PAD_CASES: readonly Case[] = [
  pad('zeros', [1, 2, 3, 4], [0, 0, 1, 2, 0, 0, 0, 3], 'constant'),
  pad('negative pads', [2, 5, 6], [1, -2, 0, 0, 1, -3], 'constant'),
  pad('a computed constant', [2, 3], [1, 0, -1, 2], 'constant', {
    inputs: [x([2, 3]), ints(1, 0, -1, 2), x([], { values: [0.5] })],
  }),
  pad('axes', [2, 3, 4], [1, 2, 3, 0], 'constant', {
    inputs: [x([2, 3, 4]), ints(1, 2, 3, 0), absent, ints(-1, 0)],
  }),
  pad('opset 7', [2, 3, 4], [], 'constant', {
    opset: 7,
    attributes: { pads: [0, 1, 2, 0, 1, 0], value: { float: 0.5 } },
    inputs: [x([2, 3, 4])],
  }),
  pad('opset 11', [2, 3], [1, 0, 0, 2], 'constant', {
    opset: 11,
    inputs: [x([2, 3]), ints(1, 0, 0, 2), scalar(1)],
  }),
  pad('reflect', [1, 2, 4, 5], [0, 0, 3, 2, 0, 0, 1, 4], 'reflect'),
  pad('reflect, negative pads', [2, 6, 6], [0, 2, -2, 0, -1, 3], 'reflect'),
  pad('edge', [1, 2, 3, 4], [1, 0, 3, 2, 0, 2, 4, 0], 'edge'),
  pad('edge, negative pads', [2, 5, 5], [0, 2, -1, 0, -1, 3], 'edge'),
  pad('edge of one element', [2, 1], [0, 2, 0, 3], 'edge'),
  pad('wrap', [2, 4, 5], [0, 2, 1, 0, 3, 4], 'wrap', { opset: 19 }),
  pad('wrap, negative pads', [2, 5, 5], [0, 2, -1, 0, -1, 3], 'wrap', { opset: 19 }),
];

type Attributes = Record<string, AttributeValue>;

const scales = (...values: number[]): Input => weights([values.length], values);

/** A Resize by scales, along every axis; with `sizes` instead, the inputs are given whole. */
const resize = (
  title: string,
  dims: readonly number[],
  by: readonly number[],
  attributes: Attributes,
  opset = 18,
): Case => ({ title, op: 'Resize', opset, attributes, inputs: [x(dims), absent, scales(...by)] });

const COORDINATES = [
  'half_pixel',
  'pytorch_half_pixel',
  'align_corners',
  'asymmetric',
  'half_pixel_symmetric',
];

const RESIZE_MODES: readonly Case[] = COORDINATES.flatMap((coordinate_transformation_mode) => {
  const opset = coordinate_transformation_mode === 'half_pixel_symmetric' ? 19 : 13;
  const to = (mode: string, attributes: Attributes = {}) => {
    const title = Object.values({ mode, coordinate_transformation_mode, ...attributes }).join(', ');
    const all = { mode, coordinate_transformation_mode, ...attributes };
    return [
      resize(`${title}, larger`, [1, 2, 3, 4], [1, 1, 2.6, 1.8], all, opset),
      resize(`${title}, smaller`, [1, 2, 7, 6], [1, 1, 0.6, 0.4], all, opset),
    ];
  };
  return [
    ...['round_prefer_floor', 'round_prefer_ceil', 'floor', 'ceil'].flatMap((nearest_mode) =>
      to('nearest', { nearest_mode }),
    ),
    ...to('linear'),
    ...to('cubic'),
    ...to('cubic', { cubic_coeff_a: { float: -0.5 }, exclude_outside: 1 }),
  ];
});

const sized = (title: string, inputs: readonly Input[], attributes: Attributes, opset = 18): Case => ({
  title,
  op: 'Resize',
  opset,
  attributes,
  inputs,
});

const crop = (
  title: string,
  mode: string,
  roi: readonly number[],
  sizes: readonly number[] = [1, 2, 4, 7],
  attributes: Attributes = {},
): Case =>
  sized(
    `tf_crop_and_resize, ${title}`,
    [x([1, 2, 5, 6]), weights([roi.length], roi), absent, ints(...sizes)],
    {
      mode,
      coordinate_transformation_mode: 'tf_crop_and_resize',
      extrapolation_value: { float: 3 },
      ...attributes,
    },
  );

const RESIZE_CORNERS: readonly Case[] = [
  resize('doubled', [1, 2, 3, 4], [1, 1, 2, 2], { mode: 'nearest' }),
  resize('tripled one way', [1, 2, 3, 4], [1, 1, 1, 3], {
    mode: 'nearest',
    coordinate_transformation_mode: 'asymmetric',
    nearest_mode: 'floor',
  }),
  resize('scaled to its own size', [1, 2, 3, 4], [1, 1, 1.3, 1.2], { mode: 'linear' }),
  resize('nothing to do', [1, 2, 3, 4], [1, 1, 1, 1], { mode: 'linear' }),
  resize('linear, 2-D', [5, 7], [1.7, 0.6], { mode: 'linear' }),
  resize('linear, channels last', [1, 3, 4, 2], [1, 2, 2, 1], { mode: 'linear' }),
  resize('linear, 3-D', [1, 2, 3, 4, 3], [1, 1, 2, 1.5, 2], { mode: 'linear' }),
  resize('nearest, every axis', [2, 3, 2, 3], [2, 1.5, 2, 1], { mode: 'nearest' }),
  sized(
    'tf_half_pixel_for_nn',
    [x([1, 1, 4, 5]), weights([0], []), scales(1, 1, 1.6, 0.7)],
    { mode: 'nearest', coordinate_transformation_mode: 'tf_half_pixel_for_nn' },
    11,
  ),
  resize('pytorch_half_pixel down to one', [1, 1, 4, 5], [1, 1, 0.25, 0.2], {
    mode: 'linear',
    coordinate_transformation_mode: 'pytorch_half_pixel',
  }),
  resize('linear, antialias', [1, 2, 7, 8], [1, 1, 0.4, 0.6], { mode: 'linear', antialias: 1 }),
  resize('cubic, antialias', [1, 2, 9, 8], [1, 1, 0.4, 0.6], { mode: 'cubic', antialias: 1 }),
  resize('linear, antialias, exclude_outside', [1, 2, 7, 8], [1, 1, 0.4, 0.6], {
    mode: 'linear',
    antialias: 1,
    exclude_outside: 1,
  }),
  resize('cubic, antialias, exclude_outside', [1, 2, 9, 8], [1, 1, 0.4, 0.6], {
    mode: 'cubic',
    antialias: 1,
    exclude_outside: 1,
  }),
  resize('linear, antialias, larger', [1, 2, 4, 5], [1, 1, 1.7, 2], { mode: 'linear', antialias: 1 }),
  sized('sizes', [x([1, 2, 5, 4]), absent, absent, ints(1, 2, 7, 9)], { mode: 'linear' }),
  sized(
    'sizes, empty scales',
    [x([1, 2, 5, 4]), weights([0], []), weights([0], []), ints(1, 2, 3, 9)],
    {
      mode: 'cubic',
    },
    11,
  ),
  sized('axes', [x([1, 5, 4, 2]), absent, absent, ints(3, 6)], { mode: 'linear', axes: [2, 1] }),
  sized('axes, scales', [x([1, 2, 5, 4]), absent, scales(0.5, 1.5)], { mode: 'cubic', axes: [3, 2] }),
  ...['not_larger', 'not_smaller'].map((keep_aspect_ratio_policy) =>
    sized(keep_aspect_ratio_policy, [x([1, 2, 5, 7]), absent, absent, ints(8, 6)], {
      mode: 'linear',
      keep_aspect_ratio_policy,
      axes: [2, 3],
    }),
  ),
  crop('linear', 'linear', [0, 0, 0.2, 0.1, 1, 1, 0.8, 0.9]),
  crop('beyond the image', 'linear', [0, 0, -0.3, 0.4, 1, 1, 0.8, 1.5]),
  crop('nearest', 'nearest', [0, 0, -0.3, 0.4, 1, 1, 0.8, 1.5]),
  crop('cubic', 'cubic', [0, 0, 0.1, 0.4, 1, 1, 0.8, 1.2]),
  crop('axes', 'linear', [0.2, -0.1, 0.8, 1], [4, 7], { axes: [3, 2] }),
  crop('to its own size', 'linear', [0, 0, 0.2, 0.1, 1, 1, 0.8, 0.9], [1, 2, 5, 6]),
  crop('one sample', 'linear', [0, 0, 0.2, 0.1, 1, 1, 0.8, 0.6], [1, 2, 1, 4]),

  // Opset 10 has scales as the second input, and no choice of coordinates.
  ...['nearest', 'linear'].flatMap((mode) =>
    [1.6, 0.6].map((scale): Case => ({
      title: `opset 10, ${mode}, by ${scale}`,
      op: 'Resize',
      opset: 10,
      attributes: { mode },
      inputs: [x([1, 2, 5, 6]), scales(1, 1, scale, scale)],
    })),
  ),
  ...['nearest', 'linear'].map((mode): Case => ({
    title: mode,
    op: 'Upsample',
    opset: 9,
    attributes: { mode },
    inputs: [x([1, 2, 3, 4]), scales(1, 1, 2, 1.6)],
  })),
];

const blocks = (title: string, op: string, dims: readonly number[], attributes: Attributes): Case => ({
  title,
  op,
  attributes,
  inputs: [x(dims)],
});

/** Positions well away from pixel centres, where a sample has kinks or jumps; some lie outside the image. */
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

export const RESIZE_CASES: readonly Case[] = [
  ...RESIZE_MODES,
  ...RESIZE_CORNERS,
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

  roiAlign('two samples a bin', { sampling_ratio: 2 }),
  roiAlign('as many samples as pixels', {}),
  roiAlign('output_half_pixel', { coordinate_transformation_mode: 'output_half_pixel', sampling_ratio: 3 }),
  roiAlign('opset 10', {}, 10),

  ...PAD_CASES,

  blocks('depth first', 'DepthToSpace', [2, 12, 2, 3], { blocksize: 2, mode: 'DCR' }),
  blocks('columns first', 'DepthToSpace', [1, 18, 2, 3], { blocksize: 3, mode: 'CRD' }),
  blocks('2x2', 'SpaceToDepth', [2, 3, 4, 6], { blocksize: 2 }),
];

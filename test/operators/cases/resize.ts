import type { AttributeValue } from '../../../src/onnx/emitter.ts';
import { absent, type Case, type Input, ints, weights, x } from '../case.ts';
import { PAD_CASES } from './pad.ts';
import { SAMPLING_CASES } from './sampling.ts';

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
  sized(
    'tf_half_pixel_for_nn, some axes alone',
    [x([2, 3, 4, 5]), weights([0], []), scales(1, 1, 1.6, 1)],
    {
      mode: 'nearest',
      nearest_mode: 'round_prefer_ceil',
      coordinate_transformation_mode: 'tf_half_pixel_for_nn',
    },
    11,
  ),
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
  crop('one axis to its own size', 'linear', [0, 0, 0.2, 0.1, 1, 1, 0.8, 0.9], [1, 2, 5, 4]),
  crop('one axis to its own size, nearest', 'nearest', [0, 0, 0.2, 0.1, 1, 1, 0.8, 0.9], [1, 2, 5, 4]),
  crop('cubic, one axis to its own size', 'cubic', [0, 0, 0.2, 0.1, 1, 1, 0.8, 0.9], [1, 2, 4, 6]),
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
  {
    title: 'opset 7, scales as attribute',
    op: 'Upsample',
    opset: 7,
    attributes: { mode: 'nearest', scales: { floats: [1, 1, 2, 3] } },
    inputs: [x([1, 2, 3, 2])],
  },
];

export const RESIZE_CASES: readonly Case[] = [
  ...RESIZE_MODES,
  ...RESIZE_CORNERS,
  ...SAMPLING_CASES,
  ...PAD_CASES,
];

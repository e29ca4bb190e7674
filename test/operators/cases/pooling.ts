import type { AttributeValue } from '../../../src/onnx/emitter.ts';
import { type Case, ints, x } from '../case.ts';

type Attributes = Record<string, AttributeValue>;

const max = (title: string, dims: readonly number[], attributes: Attributes, opset = 18): Case => ({
  title,
  op: 'MaxPool',
  inputs: [x(dims, { values: 'distinct' })],
  attributes,
  opset,
});

const average = (title: string, dims: readonly number[], attributes: Attributes, opset = 18): Case => ({
  title,
  op: 'AveragePool',
  inputs: [x(dims)],
  attributes,
  opset,
});

/** Every geometry, for both kinds of pool. */
const GEOMETRIES: readonly (readonly [title: string, dims: readonly number[], attributes: Attributes])[] = [
  ['2x2', [2, 2, 4, 6], { kernel_shape: [2, 2], strides: [2, 2] }],
  ['stride 1 by default', [1, 2, 4, 5], { kernel_shape: [2, 3] }],
  ['overlapping, padded', [1, 2, 7, 6], { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] }],
  ['asymmetric pads', [1, 2, 5, 6], { kernel_shape: [3, 4], strides: [2, 1], pads: [0, 2, 1, 3] }],
  ['elements omitted', [1, 2, 7, 8], { kernel_shape: [2, 2], strides: [3, 3] }],
  ['ceil_mode', [1, 2, 6, 7], { kernel_shape: [3, 3], strides: [2, 3], ceil_mode: 1 }],
  [
    'ceil_mode, padded',
    [1, 2, 6, 8],
    { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1], ceil_mode: 1 },
  ],
  [
    'ceil_mode, a last window in the padding',
    [1, 1, 5, 5],
    { kernel_shape: [2, 2], strides: [3, 3], pads: [1, 1, 1, 1], ceil_mode: 1 },
  ],
  ['SAME_UPPER', [1, 2, 6, 7], { kernel_shape: [2, 4], strides: [1, 2], auto_pad: 'SAME_UPPER' }],
  ['SAME_LOWER', [1, 2, 6, 7], { kernel_shape: [2, 4], strides: [1, 2], auto_pad: 'SAME_LOWER' }],
  ['VALID', [1, 2, 6, 7], { kernel_shape: [2, 3], strides: [2, 3], auto_pad: 'VALID' }],
  ['1-D', [2, 3, 9], { kernel_shape: [3], strides: [2], pads: [1, 0] }],
  ['3-D', [1, 2, 4, 5, 6], { kernel_shape: [2, 3, 3], strides: [2, 1, 2], pads: [0, 1, 1, 1, 0, 1] }],
];

/** In a window of equals, the first one is the maximum. */
const TIES: Case = {
  title: 'ties go to the first',
  op: 'MaxPool',
  attributes: { kernel_shape: [2, 2], strides: [1, 1], pads: [0, 0, 0, 1] },
  inputs: [x([1, 1, 3, 3], { values: [0, 0, 0, 0, 5, 5, 0, 5, 5] })],
  expect: [[0, 0, 0, 0, 4, 2, 0, 0, 0]],
};

export const POOLING_CASES: readonly Case[] = [
  ...GEOMETRIES.map(([title, dims, attributes]) => max(title, dims, attributes)),
  max('opset 8', [1, 2, 5, 5], { kernel_shape: [2, 2], strides: [2, 2] }, 8),
  max('dilated', [1, 2, 8, 7], {
    kernel_shape: [2, 3],
    strides: [2, 1],
    dilations: [3, 2],
    pads: [1, 2, 1, 1],
  }),
  max('dilated, ceil_mode', [1, 1, 9, 8], {
    kernel_shape: [2, 2],
    strides: [3, 3],
    dilations: [2, 3],
    ceil_mode: 1,
  }),
  max('1-D, dilated', [1, 2, 9], { kernel_shape: [3], dilations: [2] }),
  max('3-D, dilated', [1, 1, 5, 5, 5], { kernel_shape: [2, 2, 2], dilations: [2, 1, 3] }),
  {
    ...max('its indices are used, too', [1, 2, 4, 4], { kernel_shape: [2, 2], storage_order: 1 }),
    outputs: 2,
    check: [0],
  },
  TIES,

  ...GEOMETRIES.map(([title, dims, attributes]) => average(title, dims, attributes)),
  ...GEOMETRIES.map(([title, dims, attributes]) =>
    average(`count_include_pad, ${title}`, dims, { ...attributes, count_include_pad: 1 }),
  ),
  average('opset 7', [1, 2, 5, 5], { kernel_shape: [3, 3], pads: [1, 1, 1, 1], count_include_pad: 1 }, 7),
  ...[0, 1].map((count_include_pad) =>
    average(
      `dilated, ceil_mode, count_include_pad ${count_include_pad}`,
      [1, 2, 8, 9],
      {
        kernel_shape: [3, 2],
        strides: [2, 3],
        dilations: [2, 3],
        pads: [2, 1, 1, 1],
        ceil_mode: 1,
        count_include_pad,
      },
      19,
    ),
  ),

  { op: 'GlobalAveragePool', inputs: [x([2, 3, 4, 5])] },
  { title: '1-D', op: 'GlobalAveragePool', inputs: [x([2, 3, 4])] },
  { title: '3-D', op: 'GlobalAveragePool', inputs: [x([1, 2, 3, 4, 2])] },
  { op: 'GlobalMaxPool', inputs: [x([2, 3, 4, 5], { values: 'distinct' })] },
  { title: '1-D', op: 'GlobalMaxPool', inputs: [x([2, 3, 4], { values: 'distinct' })] },
  {
    title: 'ties go to the first',
    op: 'GlobalMaxPool',
    inputs: [x([1, 2, 2, 2], { values: [1, 3, 3, 0, 2, 2, 2, 2] })],
    expect: [[0, 1, 0, 0, 1, 0, 0, 0]],
  },

  { op: 'LpPool', attributes: { kernel_shape: [2, 2] }, inputs: [x([1, 2, 4, 5])] },
  {
    title: 'p = 3, padded, strided',
    op: 'LpPool',
    attributes: { p: 3, kernel_shape: [3, 2], strides: [2, 2], pads: [1, 0, 1, 1] },
    inputs: [x([1, 2, 5, 5])],
  },
  {
    title: 'p = 1',
    op: 'LpPool',
    attributes: { p: 1, kernel_shape: [3] },
    inputs: [x([2, 1, 6], { avoid: [0] })],
  },
  {
    title: 'dilated, ceil_mode',
    op: 'LpPool',
    attributes: { kernel_shape: [2, 2], strides: [2, 2], dilations: [2, 1], ceil_mode: 1 },
    inputs: [x([1, 2, 6, 5])],
  },
  {
    title: 'all zero',
    op: 'LpPool',
    attributes: { kernel_shape: [2] },
    inputs: [x([1, 1, 3], { values: [0, 0, 0] })],
    expect: [[0, 0, 0]],
  },
  { op: 'GlobalLpPool', inputs: [x([2, 3, 3, 2])] },
  { title: 'p = 3', op: 'GlobalLpPool', attributes: { p: 3 }, inputs: [x([1, 2, 5])] },

  {
    op: 'MaxUnpool',
    attributes: { kernel_shape: [2, 2], strides: [2, 2] },
    inputs: [x([1, 1, 2, 2]), { dims: [1, 1, 2, 2], values: [5, 7, 8, 15], type: 'int64', fixed: true }],
  },
  {
    title: 'output_shape',
    op: 'MaxUnpool',
    attributes: { kernel_shape: [2, 2], strides: [2, 2] },
    inputs: [
      x([1, 1, 2, 2]),
      { dims: [1, 1, 2, 2], values: [5, 7, 8, 15], type: 'int64', fixed: true },
      ints(1, 1, 5, 5),
    ],
  },
];

import type { AttributeValue } from '../../../src/onnx/emitter.ts';
import { type Case, type Input, ints, weights, x } from '../case.ts';

type Attributes = Record<string, AttributeValue>;

const conv = (title: string, image: number[], kernel: number[], attributes: Attributes = {}): Case => ({
  title,
  op: 'Conv',
  attributes,
  inputs: [x(image), weights(kernel)],
});

const convTranspose = (
  title: string,
  image: number[],
  kernel: number[],
  attributes: Attributes = {},
): Case => ({
  ...conv(title, image, kernel, attributes),
  op: 'ConvTranspose',
});

/** The kernel and the bias are computed from the input too. */
const dynamic = (title: string, op: string, inputs: readonly Input[], attributes: Attributes = {}): Case => ({
  title: `computed kernel, ${title}`,
  op,
  inputs,
  attributes,
});

export const CONVOLUTION_CASES: readonly Case[] = [
  conv('3x3', [2, 3, 5, 6], [4, 3, 3, 3]),
  conv('1x1', [1, 3, 4, 4], [5, 3, 1, 1]),
  conv('padded', [1, 2, 5, 4], [3, 2, 3, 3], { pads: [1, 1, 1, 1] }),
  conv('kernel of even size', [1, 2, 6, 5], [2, 2, 2, 4], { pads: [1, 2, 0, 1] }),
  conv('asymmetric pads', [1, 2, 5, 6], [2, 2, 3, 3], { pads: [2, 0, 1, 3] }),
  conv('pads larger than the kernel', [1, 2, 3, 3], [2, 2, 2, 2], { pads: [3, 2, 4, 3] }),
  conv('pads larger than a 1x1 kernel', [1, 2, 3, 3], [2, 2, 1, 1], { pads: [1, 2, 1, 0] }),
  conv('as large as the image', [2, 3, 4, 5], [6, 3, 4, 5]),
  {
    title: 'too large to reverse its kernel, padded unevenly',
    op: 'Conv',
    attributes: { pads: [1, 0, 0, 2] },
    inputs: [x([1, 1024, 2, 3]), weights([1100, 1024, 2, 2], 'unit')],
  },
  conv('as large as the padded image', [1, 2, 3, 4], [3, 2, 5, 5], { pads: [1, 1, 1, 0] }),
  conv('one position short of the image', [1, 2, 5, 5], [3, 2, 4, 4], { strides: [2, 2] }),
  conv('dilated', [1, 2, 8, 7], [3, 2, 3, 2], { dilations: [2, 3], pads: [2, 1, 2, 1] }),
  conv('groups', [2, 6, 4, 5], [4, 3, 3, 3], { group: 2, pads: [1, 1, 1, 1] }),
  conv('depthwise', [1, 4, 5, 5], [4, 1, 3, 3], { group: 4, pads: [1, 1, 1, 1] }),
  conv('depthwise with a multiplier', [1, 3, 5, 5], [6, 1, 3, 3], { group: 3, dilations: [2, 1] }),
  conv('strided', [1, 2, 7, 8], [3, 2, 3, 3], { strides: [2, 2], pads: [1, 1, 1, 1] }),
  conv('strides that leave elements out', [1, 2, 8, 9], [3, 2, 2, 3], { strides: [3, 4] }),
  conv('strided 1x1', [2, 3, 5, 6], [4, 3, 1, 1], { strides: [2, 2] }),
  conv('strided in one direction', [1, 2, 5, 6], [2, 2, 3, 3], { strides: [1, 2], pads: [0, 1, 2, 0] }),
  conv('strided, pads larger than the kernel', [1, 2, 5, 4], [2, 2, 2, 2], {
    strides: [2, 3],
    pads: [3, 4, 5, 2],
  }),
  conv('strided and dilated', [1, 2, 9, 8], [2, 2, 2, 3], {
    strides: [2, 3],
    dilations: [3, 2],
    pads: [1, 2, 0, 1],
  }),
  conv('strided depthwise', [1, 4, 6, 7], [4, 1, 3, 3], { group: 4, strides: [2, 2], pads: [1, 1, 1, 1] }),
  conv('strided groups', [2, 4, 6, 5], [6, 2, 3, 3], { group: 2, strides: [2, 1], pads: [1, 0, 0, 1] }),
  conv('patches', [1, 3, 8, 8], [5, 3, 4, 4], { strides: [4, 4] }),
  conv('SAME_UPPER', [1, 2, 5, 6], [2, 2, 4, 2], { auto_pad: 'SAME_UPPER' }),
  conv('SAME_LOWER', [1, 2, 5, 6], [2, 2, 4, 2], { auto_pad: 'SAME_LOWER' }),
  conv('SAME_UPPER, strided', [1, 2, 6, 7], [2, 2, 3, 3], { auto_pad: 'SAME_UPPER', strides: [2, 3] }),
  conv('SAME_LOWER, strided', [1, 2, 6, 8], [2, 2, 3, 4], { auto_pad: 'SAME_LOWER', strides: [2, 3] }),
  conv('SAME_UPPER, strides larger than the kernel', [1, 2, 6, 8], [2, 2, 1, 1], {
    auto_pad: 'SAME_UPPER',
    strides: [2, 4],
  }),
  ...(['SAME_UPPER', 'SAME_LOWER'] as const).flatMap((auto_pad) =>
    [3, 4, 5, 6, 7].map((stride) =>
      conv(`${auto_pad}, strides that leave ${stride - 1} elements out`, [1, 1, 12, 13], [1, 1, 1, 1], {
        auto_pad,
        strides: [stride, stride],
      }),
    ),
  ),
  conv('VALID', [1, 2, 6, 7], [2, 2, 3, 2], { auto_pad: 'VALID', strides: [2, 1] }),
  conv('1-D', [2, 3, 9], [4, 3, 3], { pads: [2, 0] }),
  conv('1-D, strided and dilated', [1, 4, 11], [2, 2, 3], {
    group: 2,
    strides: [3],
    dilations: [2],
    pads: [1, 2],
  }),
  conv('3-D', [1, 2, 3, 4, 5], [3, 2, 2, 3, 3], { pads: [1, 1, 0, 0, 1, 2] }),
  conv('3-D, strided groups', [1, 4, 5, 4, 6], [4, 2, 3, 2, 3], {
    group: 2,
    strides: [2, 1, 2],
    dilations: [1, 2, 1],
    pads: [1, 0, 1, 1, 1, 0],
  }),
  { ...conv('opset 7', [1, 2, 5, 5], [2, 2, 3, 3], { pads: [1, 1, 1, 1] }), opset: 7 },

  dynamic('with a bias', 'Conv', [x([2, 3, 5, 6]), x([4, 3, 3, 2]), x([4])], { pads: [1, 0, 2, 1] }),
  dynamic('strided groups', 'Conv', [x([2, 4, 7, 6]), x([6, 2, 3, 3])], {
    group: 2,
    strides: [2, 3],
    pads: [1, 1, 0, 2],
  }),
  dynamic('elements omitted', 'Conv', [x([1, 2, 9, 8]), x([3, 2, 2, 2])], {
    strides: [3, 3],
    dilations: [2, 1],
  }),
  dynamic('depthwise cross-correlation', 'Conv', [x([1, 4, 7, 7]), x([4, 1, 3, 3])], { group: 4 }),

  convTranspose('2x2, stride 2', [1, 3, 3, 4], [3, 2, 2, 2], { strides: [2, 2] }),
  convTranspose('padded', [2, 3, 4, 3], [3, 2, 3, 3], { pads: [1, 1, 1, 1] }),
  convTranspose('output_padding', [1, 2, 3, 4], [2, 3, 3, 3], {
    strides: [2, 3],
    pads: [1, 1, 1, 1],
    output_padding: [1, 2],
  }),
  convTranspose('asymmetric pads, dilated', [1, 2, 4, 3], [2, 2, 3, 2], {
    strides: [2, 1],
    dilations: [1, 3],
    pads: [2, 0, 1, 3],
  }),
  convTranspose('output_shape', [1, 2, 3, 4], [2, 2, 3, 3], { strides: [2, 2], output_shape: [6, 8] }),
  convTranspose('output_shape, SAME_UPPER', [1, 2, 3, 4], [2, 2, 3, 3], {
    strides: [2, 2],
    output_shape: [6, 7],
    auto_pad: 'SAME_UPPER',
  }),
  convTranspose('SAME_UPPER', [1, 2, 3, 4], [2, 2, 3, 4], { strides: [2, 3], auto_pad: 'SAME_UPPER' }),
  convTranspose('SAME_LOWER', [1, 2, 3, 4], [2, 2, 3, 4], { strides: [2, 3], auto_pad: 'SAME_LOWER' }),
  convTranspose('VALID', [1, 2, 3, 4], [2, 2, 3, 4], { strides: [2, 1], auto_pad: 'VALID' }),
  convTranspose('groups', [2, 4, 3, 3], [4, 3, 3, 3], { group: 2, strides: [2, 2], pads: [1, 0, 0, 1] }),
  convTranspose('depthwise', [1, 3, 3, 4], [3, 1, 4, 4], { group: 3, strides: [2, 2], pads: [1, 1, 1, 1] }),
  convTranspose('1-D', [1, 2, 5], [2, 3, 4], { strides: [3], pads: [1, 2] }),
  convTranspose('3-D', [1, 2, 2, 3, 2], [2, 2, 2, 3, 3], { strides: [2, 1, 2], pads: [0, 1, 1, 1, 0, 1] }),
  dynamic('with a bias', 'ConvTranspose', [x([2, 4, 3, 4]), x([4, 2, 3, 2]), x([4])], {
    group: 2,
    strides: [2, 3],
    pads: [1, 0, 1, 1],
    output_padding: [1, 1],
  }),

  {
    title: 'overlapping windows',
    op: 'Col2Im',
    attributes: { strides: [2, 1], dilations: [1, 2], pads: [1, 0, 0, 2] },
    inputs: [x([2, 12, 10]), ints(4, 5), ints(3, 2)],
  },
  {
    title: 'tiles',
    op: 'Col2Im',
    attributes: { strides: [2, 2] },
    inputs: [x([1, 8, 6]), ints(4, 6), ints(2, 2)],
  },
];

import { type Case, ints, x } from '../case.ts';

export const UNFOLD_CASES: readonly Case[] = [
  { op: 'Col2Im', inputs: [x([2, 12, 12]), ints(4, 5), ints(2, 2)] },
  {
    title: 'strided, dilated, asymmetric pads',
    op: 'Col2Im',
    inputs: [x([1, 18, 9]), ints(7, 6), ints(3, 3)],
    attributes: { strides: [2, 2], dilations: [2, 1], pads: [1, 0, 1, 1] },
  },
  {
    title: '1-D',
    op: 'Col2Im',
    inputs: [x([1, 6, 4]), ints(6), ints(3)],
    attributes: { strides: [1], dilations: [1], pads: [0, 0] },
  },
];

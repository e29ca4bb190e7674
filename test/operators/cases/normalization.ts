import { absent, type Case, scalar, weights, x } from '../case.ts';

const positive = { values: 'positive' } as const;

const SOFTMAX: readonly Case[] = ['Softmax', 'LogSoftmax'].flatMap((op) => [
  { op, inputs: [x([2, 3, 4])] },
  { op, title: 'axis 1', attributes: { axis: 1 }, inputs: [x([2, 3, 4])] },
  { op, title: 'negative axis', attributes: { axis: -2 }, inputs: [x([2, 3, 4])] },
  { op, title: 'flattened from axis 1', opset: 12, inputs: [x([2, 3, 4])] },
  { op, title: 'flattened from axis 0', opset: 7, attributes: { axis: 0 }, inputs: [x([2, 3])] },
  { op, title: 'flattened from the last', opset: 11, attributes: { axis: -1 }, inputs: [x([2, 3, 4])] },
]);

const FAR: readonly Case[] = [
  { op: 'Softmax', title: 'far apart', inputs: [x([1, 2], { values: [-400, 400] })], expect: [[0, 0]] },
  { op: 'LogSoftmax', title: 'far apart', inputs: [x([1, 2], { values: [-400, 400] })], expect: [[1, -1]] },
];

const BATCH: readonly Case[] = [7, 9, 14, 15].flatMap((opset) => [
  {
    op: 'BatchNormalization',
    title: `opset ${opset}`,
    opset,
    attributes: { epsilon: { float: 0.1 } },
    inputs: [x([2, 3, 2, 4]), x([3]), x([3]), x([3]), x([3], positive)],
  },
]);

const LAYER: readonly Case[] = [
  { op: 'LayerNormalization', inputs: [x([2, 3, 8]), x([8]), x([8])] },
  { op: 'LayerNormalization', title: 'no bias', inputs: [x([2, 3, 8]), weights([8])] },
  {
    op: 'LayerNormalization',
    title: 'from axis 1',
    attributes: { axis: 1, epsilon: { float: 0.1 } },
    inputs: [x([2, 3, 4]), x([3, 4]), x([3, 4])],
  },
  {
    op: 'LayerNormalization',
    title: 'from axis -2',
    attributes: { axis: -2 },
    inputs: [x([2, 3, 4]), x([3, 4]), x([3, 4])],
  },
  {
    op: 'LayerNormalization',
    title: 'its statistics unused',
    outputs: 3,
    check: [0],
    inputs: [x([2, 8]), x([8]), x([8])],
  },
  { op: 'RMSNormalization', opset: 23, inputs: [x([2, 3, 8]), x([8])] },
  {
    op: 'RMSNormalization',
    title: 'from axis 1',
    opset: 23,
    attributes: { axis: 1, epsilon: { float: 0.1 } },
    inputs: [x([2, 3, 4]), x([3, 4])],
  },
  { op: 'SimplifiedLayerNormalization', inputs: [x([2, 3, 8]), x([8])] },
];

const GROUPS: readonly Case[] = [
  { op: 'InstanceNormalization', inputs: [x([2, 3, 3, 4]), x([3]), x([3])] },
  {
    op: 'InstanceNormalization',
    title: 'one axis, epsilon',
    attributes: { epsilon: { float: 0.1 } },
    inputs: [x([2, 3, 8]), x([3]), x([3])],
  },
  {
    op: 'GroupNormalization',
    title: 'a scale per group',
    opset: 18,
    attributes: { num_groups: 2, epsilon: { float: 0.01 } },
    inputs: [x([2, 6, 3, 2]), x([2]), x([2])],
  },
  {
    op: 'GroupNormalization',
    title: 'a scale per channel',
    opset: 21,
    attributes: { num_groups: 2 },
    inputs: [x([2, 6, 3, 2]), x([6]), x([6])],
  },
  { op: 'MeanVarianceNormalization', inputs: [x([2, 3, 3, 2])] },
  {
    op: 'MeanVarianceNormalization',
    title: 'axes',
    opset: 9,
    attributes: { axes: [2, 3] },
    inputs: [x([2, 3, 3, 2])],
  },
];

const LENGTHS: readonly Case[] = [
  { op: 'LpNormalization', inputs: [x([2, 3, 4])] },
  { op: 'LpNormalization', title: 'axis 1', attributes: { axis: 1 }, inputs: [x([2, 3, 4])] },
  {
    op: 'LpNormalization',
    title: 'p = 1',
    attributes: { p: 1, axis: -2 },
    inputs: [x([2, 3, 4], { avoid: [0] })],
  },
  {
    op: 'LpNormalization',
    title: 'of nothing',
    inputs: [x([2, 2], { values: [0, 0, 3, 4] })],
    expect: [[0, 0, 0.032, -0.024]],
  },
];

const LOCAL_RESPONSE: readonly Case[] = [1, 3, 5, 7].map((size) => ({
  op: 'LRN',
  title: `${size} channels`,
  attributes: { size, alpha: { float: 0.9 }, beta: { float: 0.75 }, bias: { float: 1.5 } },
  inputs: [x([2, 6, 2, 3])],
}));

/** Inputs whose variance is as small as the epsilon that is added to it. */
const EPSILONS: readonly Case[] = [
  {
    op: 'BatchNormalization',
    scale: 1e-5,
    inputs: [x([2, 3, 2, 4]), x([3]), x([3]), x([3]), x([3], positive)],
  },
  { op: 'LayerNormalization', scale: 3e-3, inputs: [x([2, 3, 8]), x([8]), x([8])] },
  { op: 'RMSNormalization', scale: 3e-3, opset: 23, inputs: [x([2, 3, 8]), x([8])] },
  { op: 'SimplifiedLayerNormalization', scale: 3e-3, inputs: [x([2, 3, 8]), x([8])] },
  { op: 'InstanceNormalization', scale: 3e-3, inputs: [x([2, 3, 3, 4]), x([3]), x([3])] },
  {
    op: 'GroupNormalization',
    scale: 3e-3,
    opset: 21,
    attributes: { num_groups: 2 },
    inputs: [x([2, 6, 3, 2]), x([6]), x([6])],
  },
].map((given) => ({ ...given, title: 'its own epsilon' }));

const DROPOUT: readonly Case[] = [
  { op: 'Dropout', title: 'ratio', opset: 7, attributes: { ratio: { float: 0.4 } }, inputs: [x([2, 3])] },
  { op: 'Dropout', title: 'with a mask', opset: 10, outputs: 2, check: [0], inputs: [x([2, 3])] },
  { op: 'Dropout', title: 'opset 13', opset: 13, inputs: [x([2, 3]), scalar(0.4)] },
  {
    op: 'Dropout',
    title: 'not training',
    inputs: [x([2, 3]), absent, { dims: [], values: [0], type: 'bool', fixed: true }],
  },
];

export const NORMALIZATION_CASES: readonly Case[] = [
  ...SOFTMAX,
  ...FAR,
  ...BATCH,
  ...LAYER,
  ...GROUPS,
  ...LENGTHS,
  ...LOCAL_RESPONSE,
  // Squares of 40 make α = 1e-4 count as much as the bias of 1.
  { op: 'LRN', title: 'defaults', scale: 40, attributes: { size: 3 }, inputs: [x([1, 4, 2, 5])] },
  ...EPSILONS,
  ...DROPOUT,
];

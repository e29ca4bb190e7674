import { type Case, type Input, ints, x } from '../case.ts';

const indices = (dims: readonly number[], values: readonly number[]): Input => ({
  dims,
  values,
  type: 'int64',
  fixed: true,
});

const bools = (...values: number[]): Input => ({ dims: [values.length], values, type: 'bool', fixed: true });

const gather = (title: string, dims: readonly number[], axis: number, at: Input): Case => ({
  title,
  op: 'Gather',
  attributes: { axis },
  inputs: [x(dims), at],
});

export const INDEXING_CASES: readonly Case[] = [
  gather('one slab', [2, 5, 3], 1, indices([], [2])),
  gather('the last slab', [2, 5, 3], -1, indices([], [-1])),
  gather('evenly spaced', [2, 7, 3], 1, ints(1, 3, 5)),
  gather('backwards', [7, 2], 0, ints(-1, 3, 0)),
  gather('a permutation', [4, 3], 0, ints(2, 0, 3, 1)),
  gather('unique', [2, 6], 1, ints(4, 0, -1)),
  gather('a table of indices', [2, 6, 2], 1, indices([2, 2], [5, 0, 2, 4])),
  gather('repeated', [2, 4, 3], 1, indices([2, 3], [0, 3, 3, -1, 0, 0])),
  gather('the same one always', [3, 2], 0, ints(1, 1)),
  gather('nothing', [3, 2], 0, ints()),

  {
    op: 'GatherElements',
    attributes: { axis: 1 },
    inputs: [x([2, 4]), indices([2, 3], [0, 3, 3, -1, 1, 1])],
  },
  { title: 'fewer rows', op: 'GatherElements', inputs: [x([3, 4]), indices([2, 3], [0, 2, 2, -1, 1, 1])] },

  { op: 'GatherND', inputs: [x([3, 4, 2]), indices([3, 2], [0, 3, 2, -1, 0, 3])] },
  { title: 'elements', op: 'GatherND', inputs: [x([3, 4]), indices([2, 2, 2], [0, 3, 2, 1, 0, 3, 1, 1])] },
  {
    title: 'batch_dims 1',
    op: 'GatherND',
    attributes: { batch_dims: 1 },
    inputs: [x([2, 4, 3]), indices([2, 2, 1], [1, 1, -1, 0])],
  },
  {
    title: 'batch_dims 2',
    op: 'GatherND',
    attributes: { batch_dims: 2 },
    inputs: [x([2, 3, 4]), indices([2, 3, 1], [1, 0, 3, 2, 2, 1])],
  },

  {
    op: 'ScatterElements',
    attributes: { axis: -1 },
    inputs: [x([2, 4]), indices([2, 2], [0, 3, -2, 1]), x([2, 2])],
  },
  {
    title: 'add',
    op: 'ScatterElements',
    attributes: { axis: 1, reduction: 'add' },
    inputs: [x([2, 4]), indices([2, 2], [0, 0, -2, 1]), x([2, 2])],
  },
  {
    title: 'opset 11',
    op: 'ScatterElements',
    opset: 11,
    inputs: [x([3, 2]), indices([1, 2], [2, 0]), x([1, 2])],
  },
  { op: 'Scatter', opset: 9, inputs: [x([3, 2]), indices([1, 2], [2, 0]), x([1, 2])] },

  { op: 'ScatterND', inputs: [x([4, 3]), indices([2, 1], [1, -1]), x([2, 3])] },
  {
    title: 'elements',
    op: 'ScatterND',
    opset: 11,
    inputs: [x([4, 3]), indices([2, 2], [1, 2, 3, 0]), x([2])],
  },
  {
    title: 'add',
    op: 'ScatterND',
    attributes: { reduction: 'add' },
    inputs: [x([4, 3]), indices([3, 1], [1, 1, 2]), x([3, 3])],
  },

  {
    title: 'mul',
    op: 'ScatterND',
    attributes: { reduction: 'mul' },
    inputs: [x([4, 3]), indices([1, 1], [1]), x([1, 3])],
    refuses: 'reduction "mul"',
  },

  {
    op: 'TopK',
    inputs: [x([3, 6], { values: 'distinct' }), ints(2)],
    attributes: { axis: -1 },
    outputs: 2,
    check: [0],
  },
  {
    title: 'smallest, unsorted, first axis',
    op: 'TopK',
    inputs: [x([6, 2], { values: 'distinct' }), ints(3)],
    attributes: { axis: 0, largest: 0, sorted: 0 },
    outputs: 2,
    check: [0],
  },
  {
    title: 'k as attribute',
    op: 'TopK',
    opset: 9,
    inputs: [x([2, 6], { values: 'distinct' })],
    attributes: { k: 2 },
    outputs: 2,
    check: [0],
  },

  { op: 'Compress', attributes: { axis: 1 }, inputs: [x([2, 4, 2]), bools(0, 1, 1)] },
  { title: 'flattened', op: 'Compress', inputs: [x([2, 3]), bools(1, 0, 0, 1, 1)] },

  { op: 'Trilu', inputs: [x([2, 3, 4])] },
  { title: 'lower, k', op: 'Trilu', attributes: { upper: 0 }, inputs: [x([4, 3]), indices([], [-1])] },

  { op: 'ReverseSequence', inputs: [x([4, 3, 2]), ints(1, 4, 2)] },
  {
    title: 'batch first',
    op: 'ReverseSequence',
    attributes: { batch_axis: 0, time_axis: 1 },
    inputs: [x([3, 4]), ints(4, 1, 3)],
  },

  { op: 'CenterCropPad', inputs: [x([9, 4]), ints(4, 9)] },
  {
    title: 'odd, axes',
    op: 'CenterCropPad',
    attributes: { axes: [-1, 0] },
    inputs: [x([7, 2, 4]), ints(7, 4)],
  },
];

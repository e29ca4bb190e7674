import { absent, type Case, ints, x } from '../case.ts';

const INT64_MAX = 2 ** 63 - 1024;

const slice = (
  title: string,
  dims: readonly number[],
  starts: readonly number[],
  ends: readonly number[],
  axes?: readonly number[],
  steps?: readonly number[],
): Case => ({
  title,
  op: 'Slice',
  inputs: [
    x(dims),
    ints(...starts),
    ints(...ends),
    ...(axes ? [ints(...axes)] : steps ? [absent] : []),
    ...(steps ? [ints(...steps)] : []),
  ],
});

export const SHAPE_CASES: readonly Case[] = [
  { op: 'Identity', inputs: [x([2, 3])] },
  { op: 'Flatten', inputs: [x([2, 3, 4])] },
  { title: 'axis 0', op: 'Flatten', attributes: { axis: 0 }, inputs: [x([2, 3])] },
  { title: 'negative axis', op: 'Flatten', attributes: { axis: -1 }, inputs: [x([2, 3, 4])] },
  { title: 'copied and inferred sizes', op: 'Reshape', inputs: [x([2, 3, 4]), ints(0, -1)] },
  { op: 'Transpose', attributes: { perm: [2, 0, 3, 1] }, inputs: [x([2, 3, 4, 5])] },
  { title: 'reversed by default', op: 'Transpose', inputs: [x([2, 3, 4])] },
  { title: 'every axis of size 1', op: 'Squeeze', inputs: [x([1, 3, 1])] },
  { title: 'axes as input', op: 'Squeeze', inputs: [x([1, 3, 1]), ints(-1)] },
  { title: 'axes as attribute', op: 'Squeeze', opset: 11, attributes: { axes: [0] }, inputs: [x([1, 3, 1])] },
  { title: 'axes as input', op: 'Unsqueeze', inputs: [x([2, 3]), ints(-1, 0)] },
  { title: 'axes as attribute', op: 'Unsqueeze', opset: 11, attributes: { axes: [1] }, inputs: [x([2, 3])] },

  { op: 'Concat', attributes: { axis: 1 }, inputs: [x([2, 1, 2]), x([2, 3, 2]), x([2, 2, 2])] },
  { title: 'negative axis', op: 'Concat', attributes: { axis: -1 }, inputs: [x([2, 3]), x([2, 1])] },
  { title: 'one input', op: 'Concat', attributes: { axis: 0 }, inputs: [x([2, 3])] },

  {
    title: 'sizes as input',
    op: 'Split',
    attributes: { axis: -1 },
    inputs: [x([2, 6]), ints(1, 3, 2)],
    outputs: 3,
  },
  {
    title: 'sizes as attribute',
    op: 'Split',
    opset: 11,
    attributes: { axis: 1, split: [4, 2] },
    inputs: [x([2, 6])],
    outputs: 2,
  },
  {
    title: 'num_outputs, the last one smaller',
    op: 'Split',
    attributes: { axis: 1, num_outputs: 3 },
    inputs: [x([2, 7])],
    outputs: 3,
  },
  { title: 'equal parts', op: 'Split', opset: 13, inputs: [x([4, 3])], outputs: 2 },

  slice('all axes by default', [4, 5], [1, 0], [3, 4]),
  slice('negative bounds and axes', [4, 5], [-3, -4], [-1, INT64_MAX], [-1, 0]),
  slice('clamped bounds', [4, 5], [-9, 2], [9, 9], [0, 1]),
  slice('strided', [7, 5, 4], [1, 0], [7, 5], [0, 1], [3, 2]),
  slice('strided, ending early', [9], [0], [4], [0], [3]),
  slice('reversed', [4, 5], [-1], [-INT64_MAX], [1], [-1]),
  slice('reversed, starting before the first', [5], [-100], [-1000], [0], [-1]),
  slice('backwards in strides', [8, 3], [6], [0], [0], [-2]),
  slice('steps without axes', [6, 4], [0, 1], [6, 4], undefined, [2, 1]),
  slice('nothing left', [4, 3], [3], [1], [0]),
  {
    title: 'attributes',
    op: 'Slice',
    opset: 9,
    attributes: { starts: [1, -2], ends: [3, 100], axes: [0, 2] },
    inputs: [x([4, 2, 5])],
  },

  { op: 'Expand', inputs: [x([3, 1]), ints(2, 1, 4)] },
  { title: 'a scalar', op: 'Expand', inputs: [x([]), ints(2, 3)] },
  { op: 'Tile', inputs: [x([2, 3]), ints(3, 2)] },
  { title: 'once', op: 'Tile', inputs: [x([2, 3]), ints(1, 1)] },
];

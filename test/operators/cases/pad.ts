import type { AttributeValue } from '../../../src/onnx/emitter.ts';
import { absent, type Case, ints, scalar, x } from '../case.ts';

type Attributes = Record<string, AttributeValue>;

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

const blocks = (title: string, op: string, dims: readonly number[], attributes: Attributes): Case => ({
  title,
  op,
  attributes,
  inputs: [x(dims)],
});

export const PAD_CASES: readonly Case[] = [
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

  blocks('depth first', 'DepthToSpace', [2, 12, 2, 3], { blocksize: 2, mode: 'DCR' }),
  blocks('columns first', 'DepthToSpace', [1, 18, 2, 3], { blocksize: 3, mode: 'CRD' }),
  blocks('2x2', 'SpaceToDepth', [2, 3, 4, 6], { blocksize: 2 }),
];

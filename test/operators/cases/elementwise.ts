import { type Case, type Input, scalar, weights, x } from '../case.ts';

const given = (...values: number[]) => x([values.length], { values });
/** Every direction of numpy broadcasting. */
const PAIRS: readonly [title: string, a: readonly number[], b: readonly number[]][] = [
  ['equal shapes', [2, 3], [2, 3]],
  ['the right one lacks axes', [2, 3, 4], [4]],
  ['the left one lacks axes', [4], [2, 3, 4]],
  ['both repeat', [2, 1, 4], [3, 1]],
  ['a scalar on the right', [2, 3], []],
  ['a scalar on the left', [], [2, 3]],
];

const pairs = (op: string, left: Partial<Input> = {}, right: Partial<Input> = {}): Case[] =>
  PAIRS.map(([title, a, b]) => ({ op, title, inputs: [x(a, left), x(b, right)] }));

const ARITHMETIC: readonly Case[] = [
  ...pairs('Add'),
  ...pairs('Sub'),
  ...pairs('Mul'),
  ...pairs('Div', {}, { values: 'positive' }),
  ...pairs('Pow', { values: 'positive' }),
  { op: 'Mul', title: 'a constant', inputs: [x([2, 3]), weights([3])] },
  { op: 'Div', title: 'of a constant', inputs: [scalar(2), x([2, 3], { values: 'positive' })] },
  { op: 'Add', title: 'opset 7', opset: 7, inputs: [x([2, 3]), x([3])] },
  { op: 'Pow', title: 'a square', inputs: [x([2, 5]), scalar(2)] },
  { op: 'Pow', title: 'a cube', opset: 7, inputs: [x([2, 5]), scalar(3)] },
  { op: 'Pow', title: 'a root', inputs: [x([2, 5], { values: 'positive' }), scalar(0.5)] },
  {
    op: 'Pow',
    title: 'an integer exponent',
    inputs: [x([2, 5]), { dims: [], values: [3], type: 'int64', fixed: true }],
  },
  {
    op: 'Pow',
    title: 'of 0',
    inputs: [given(0, 0, 0), weights([3], [2, 1, 0])],
    expect: [[0, 1, 0]],
  },
  {
    op: 'Pow',
    title: 'of 0, by the exponent',
    inputs: [weights([2], [0, 2]), given(2, 2)],
    expect: [[0, 4 * Math.LN2]],
  },
  {
    op: 'Mod',
    attributes: { fmod: 1 },
    inputs: [x([4], { values: [5.3, -4.4, 7.7, -0.9] }), x([4], { values: [2, 3, -2, 5] })],
  },
];

const SEVERAL: readonly Case[] = ['Sum', 'Mean'].flatMap((op) => [
  { op, inputs: [x([2, 3]), x([3]), x([2, 1])] },
  { op, title: 'of one', inputs: [x([2, 3])] },
]);

const EXTREMES: readonly Case[] = ['Max', 'Min'].flatMap((op) => [
  {
    op,
    inputs: [x([4], { values: [1, 5, 3, 7] }), x([4], { values: [2, 1, 6, 4] }), x([1], { values: [3.5] })],
  },
  { op, title: 'broadcasting', inputs: [x([3], { values: [1, 5, 3] }), x([2, 1], { values: [2, 4] })] },
  { op, title: 'of one', inputs: [x([2, 3])] },
  {
    op,
    title: 'those that tie share',
    inputs: [given(1, 2), given(1, 2), given(1, op === 'Max' ? 0 : 9)],
    expect: [
      [1 / 3, 1 / 2],
      [1 / 3, 1 / 2],
      [1 / 3, 0],
    ],
  },
]);

const CHOICES: readonly Case[] = [
  {
    op: 'Where',
    inputs: [{ dims: [2, 3], values: [1, 0, 1, 0, 0, 1], type: 'bool', fixed: true }, x([2, 3]), x([2, 3])],
  },
  {
    op: 'Where',
    title: 'broadcasting',
    inputs: [{ dims: [2, 1], values: [1, 0], type: 'bool', fixed: true }, x([3]), x([])],
  },
  { op: 'Cast', attributes: { to: 1 }, inputs: [x([2, 3])] },
  { op: 'Cast', title: 'to float64', attributes: { to: 11 }, inputs: [given(1, 2)], expect: [[1, 1]] },
  { op: 'CastLike', opset: 15, inputs: [x([2, 3]), scalar(0)] },
];

const FUNCTIONS: readonly Case[] = [
  { op: 'Neg', inputs: [x([2, 6])] },
  { op: 'Abs', inputs: [x([2, 6], { avoid: [0] })] },
  { op: 'Abs', title: 'flat at 0', inputs: [given(-2, 0, 2)], expect: [[-1, 0, 1]] },
  { op: 'Reciprocal', inputs: [x([2, 6], { values: 'positive' })] },
  { op: 'Sqrt', inputs: [x([2, 6], { values: 'positive' })] },
  { op: 'Exp', inputs: [x([2, 6])] },
  { op: 'Log', inputs: [x([2, 6], { values: 'positive' })] },
  { op: 'Erf', inputs: [x([2, 6])] },
  { op: 'Sin', inputs: [x([2, 6])] },
  { op: 'Cos', inputs: [x([2, 6])] },
  { op: 'Tan', inputs: [x([2, 6], { values: 'unit' })] },
  { op: 'Asin', inputs: [x([2, 6], { values: 'unit' })] },
  { op: 'Acos', inputs: [x([2, 6], { values: 'unit' })] },
  { op: 'Atan', inputs: [x([2, 6])] },
  { op: 'Sinh', inputs: [x([2, 6])] },
  { op: 'Cosh', inputs: [x([2, 6])] },
  { op: 'Asinh', inputs: [x([2, 6])] },
  { op: 'Acosh', inputs: [x([5], { values: [1.2, 1.5, 2, 3, 5] })] },
  { op: 'Atanh', inputs: [x([2, 6], { values: 'unit' })] },
];

export const ELEMENTWISE_CASES: readonly Case[] = [
  ...ARITHMETIC,
  ...SEVERAL,
  ...EXTREMES,
  ...CHOICES,
  ...FUNCTIONS,
];

import { type Case, type Input, ints, x } from '../case.ts';

/** What each reduction is fed, so that differences speak. */
const REDUCTIONS: Readonly<Record<string, Partial<Input>>> = {
  ReduceSum: {},
  ReduceMean: {},
  ReduceMax: { values: 'distinct' },
  ReduceMin: { values: 'distinct' },
  ReduceProd: {},
  ReduceL1: { avoid: [0] },
  ReduceL2: {},
  ReduceSumSquare: {},
  ReduceLogSum: { values: 'positive' },
  ReduceLogSumExp: {},
};

/** The axes became an input. */
const AXES_INPUT = (op: string) => (op === 'ReduceSum' ? 13 : 18);

const FORMS: readonly Case[] = Object.entries(REDUCTIONS).flatMap(([op, how]): Case[] => {
  const input = x([2, 3, 2], how);
  const before = AXES_INPUT(op) - 1;
  return [
    { op, title: 'everything', inputs: [input] },
    { op, title: 'everything, axes dropped', attributes: { keepdims: 0 }, inputs: [input] },
    { op, title: 'axes', inputs: [input, ints(0, 2)] },
    { op, title: 'axes dropped', attributes: { keepdims: 0 }, inputs: [input, ints(1)] },
    { op, title: 'negative axes', attributes: { keepdims: 0 }, inputs: [input, ints(-1, -3)] },
    { op, title: 'no axes, nothing to do', attributes: { noop_with_empty_axes: 1 }, inputs: [input] },
    { op, title: 'empty axes', inputs: [input, ints()] },
    { op, title: 'axes attribute', opset: before, attributes: { axes: [1] }, inputs: [input] },
    {
      op,
      title: 'negative axes attribute',
      opset: before,
      attributes: { axes: [-2], keepdims: 0 },
      inputs: [input],
    },
    { op, title: 'opset 7', opset: 7, inputs: [input] },
  ];
});

const at = (dims: readonly number[], ...values: number[]) => x(dims, { values });

const AWKWARD: readonly Case[] = [
  {
    op: 'ReduceMax',
    title: 'those that tie share',
    inputs: [at([2, 3], 5, 1, 5, 2, 3, 0), ints(1)],
    expect: [[0.5, 0, 0.5, 0, 1, 0]],
  },
  {
    op: 'ReduceMin',
    title: 'those that tie share',
    inputs: [at([2, 3], 1, 5, 1, 2, 3, 0), ints(1)],
    expect: [[0.5, 0, 0.5, 0, 0, 1]],
  },
  {
    op: 'ReduceProd',
    title: 'of zeros',
    inputs: [at([3, 3], 2, 3, 4, 2, 0, 4, 0, 3, 0), ints(1)],
    expect: [[12, 8, 6, 0, 8, 0, 0, 0, 0]],
  },
  { op: 'ReduceL1', title: 'flat at 0', inputs: [at([3], -2, 0, 2)], expect: [[-1, 0, 1]] },
  {
    op: 'ReduceL2',
    title: 'of nothing',
    inputs: [at([2, 2], 0, 0, 3, 4), ints(1)],
    expect: [[0, 0, 0.6, 0.8]],
  },
  { op: 'ReduceLogSumExp', title: 'far out', inputs: [at([2], -400, 400)], expect: [[0, 1]] },
];

const SUMS: readonly Case[] = [0, 1].flatMap((exclusive) =>
  [0, 1].map((reverse) => ({
    op: 'CumSum',
    title: `exclusive ${exclusive}, reverse ${reverse}`,
    attributes: { exclusive, reverse },
    inputs: [x([2, 4, 3]), { dims: [], values: [-2], type: 'int64', fixed: true } as const],
  })),
);

export const REDUCTION_CASES: readonly Case[] = [...FORMS, ...AWKWARD, ...SUMS];

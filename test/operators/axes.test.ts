import { suite } from 'uvu';
import { readsOf } from '../../src/autodiff/backward.ts';
import { nodeViewOf, valueFacts } from '../../src/autodiff/context.ts';
import { probe } from '../../src/network/probe.ts';
import { standsForReal } from '../../src/onnx/data-type.ts';
import type { Facts, Model } from '../../src/onnx/model.ts';
import { readModel } from '../../src/onnx/read.ts';
import { axisOf, lengthOf, tokenAxis, tokenGridOf, type TracedAxes } from '../../src/operators/axes.ts';
import { elementwise } from '../../src/operators/axis-rules.ts';
import { OPERATORS } from '../../src/operators/index.ts';
import * as assert from '../helpers/assert.ts';
import { absent, type Case, type Input, ints, scalar, weights, x } from './case.ts';
import { CASES } from './cases/index.ts';
import { build } from './check.ts';

/** Axes of an input that holds an image: [N, C, H, W], or the first of these; tokens in three. */
const imageAxes = (dims: readonly number[]): TracedAxes => {
  const names =
    dims.length === 3
      ? (['unknown', 'row', 'channel'] as const)
      : (['unknown', 'channel', 'row', 'column'] as const);
  return dims.map((size, i) => axisOf(names[i] ?? 'unknown', size));
};

interface Traced {
  readonly model: Model;
  readonly facts: Facts;
  /** Shapes of the inputs that are not constant. */
  readonly inputs: readonly (readonly number[])[];
  /** Of every output of real numbers, what its row says and its shape. */
  readonly outputs: readonly { readonly axes: TracedAxes; readonly dims: readonly number[] }[];
}

/** Runs a case, and follows the axes of its inputs by the operator's row. */
async function trace(given: Case, axesOf = imageAxes): Promise<Traced> {
  const { model: bytes, feeds } = build(given);
  const model = readModel(bytes);
  const facts = await probe(model, feeds, readsOf(model), {});
  const [node] = model.graph.nodes;
  const c = nodeViewOf(model, node, valueFacts(model, facts));
  const axes = node.inputs.map((name) => (name in feeds ? axesOf(feeds[name].dims) : undefined));
  const outputs = node.outputs.flatMap((name, output) => {
    const dims = facts.dims.get(name)!;
    if (!standsForReal(facts.types.get(name)!)) return [];
    return [{ axes: OPERATORS.get(given.op)!.axes({ c, axes, dims, output }), dims }];
  });
  return { model, facts, inputs: Object.values(feeds).map(({ dims }) => dims), outputs };
}

const titleOf = ({ op, title }: Case): string => `${op}${title ? `: ${title}` : ''}`;

const shapes = suite('what axes count agrees with the shapes that onnxruntime computes');

for (const given of CASES) {
  shapes(titleOf(given), async () => {
    const { outputs } = await trace(given);
    for (const { axes, dims } of outputs) assert.equal(axes.map(lengthOf), dims);
  });
}
shapes.run();

const changes = suite('an operator that can change a shape says how axes move');

/** The shape of inputs that broadcast to each other, or of the first. */
function broadcast(inputs: readonly (readonly number[])[]): readonly number[] {
  const rank = Math.max(...inputs.map(({ length }) => length));
  const aligned = inputs.map((dims) => [...Array.from({ length: rank - dims.length }, () => 1), ...dims]);
  const whole = Array.from({ length: rank }, (_, i) => Math.max(...aligned.map((dims) => dims[i])));
  return aligned.every((dims) => dims.every((size, i) => size === 1 || size === whole[i]))
    ? whole
    : inputs[0];
}

for (const given of CASES.filter(({ op }) => OPERATORS.get(op)!.axes === elementwise)) {
  changes(titleOf(given), async () => {
    const { model, facts, outputs } = await trace(given);
    const [node] = model.graph.nodes;
    const { dims } = valueFacts(model, facts);
    const inputs = node.inputs.filter(Boolean).map(dims);
    const kept = [inputs[0], broadcast(inputs)].map(String);
    for (const { dims } of outputs.filter(({ dims }) => dims.length > 0))
      assert.ok(kept.includes(String(dims)), `[${dims.join()}] of [${inputs.join('], [')}]`);
  });
}

/**
 * Operators without a gradient, and so without a case, whose output has the shape of their inputs (broadcast) by the ONNX
 * specification (https://onnx.ai/onnx/operators). The states of a loop may change their shape, but seldom do.
 */
const KEEP_SHAPE = new Set([
  ...['And', 'Or', 'Xor', 'Not', 'BitShift', 'BitwiseAnd', 'BitwiseOr', 'BitwiseXor', 'BitwiseNot'],
  ...['Equal', 'Greater', 'GreaterOrEqual', 'Less', 'LessOrEqual', 'IsInf', 'IsNaN'],
  ...['Ceil', 'Floor', 'Round', 'Sign', 'Hardmax', 'EyeLike'],
  ...['Bernoulli', 'RandomNormalLike', 'RandomUniformLike'],
  ...['Loop', 'Scan'],
]);

changes('without a gradient, too', () => {
  const tried = new Set(CASES.map(({ op }) => op));
  const untried = [...OPERATORS].filter(([op, { axes }]) => axes === elementwise && !tried.has(op));
  assert.equal(
    untried.map(([op]) => op).filter((op) => !KEEP_SHAPE.has(op)),
    [],
  );
});
changes.run();

const moves = suite('axes of an image, or of tokens');

/** `n c r x`: what each axis counts, `x` for columns, `?` for the unknown, `1` for one position. */
const letters = (axes: TracedAxes): string =>
  axes
    .map(
      (axis) =>
        axis
          .map(
            ({ of }) => ({ slice: 's', row: 'r', column: 'x', token: 't', channel: 'c', unknown: '?' })[of],
          )
          .join('') || '1',
    )
    .join(' ');

const image = x([1, 3, 4, 6]);
const tokens = x([2, 6, 4]);
const bytes = (dims: readonly number[], more: Partial<Input> = {}): Input => ({
  dims,
  type: 'uint8',
  values: Array.from({ length: dims.reduce((a, b) => a * b, 1) }, (_, i) => i % 7),
  ...more,
});
const zero = bytes([], { fixed: true });
const weightBytes = (dims: readonly number[]): Input => bytes(dims, { fixed: true });
const int64 = (dims: readonly number[], values: readonly number[]): Input => ({
  dims,
  values,
  type: 'int64',
  fixed: true,
});

/** Operators that change shapes, by the letters of their outputs. An image is `1 c r x`, tokens are `? r c`. */
const MOVES: readonly (readonly [given: Case, expected: readonly string[]])[] = [
  [{ op: 'CenterCropPad', attributes: { axes: [2, 3] }, inputs: [image, ints(2, 9)] }, ['1 c r x']],
  [{ op: 'CenterCropPad', attributes: { axes: [1] }, inputs: [image, ints(2)] }, ['1 c r x']],
  [{ op: 'TopK', attributes: { axis: 1 }, inputs: [image, ints(2)], outputs: 2 }, ['1 c r x']],
  [{ op: 'TopK', inputs: [image, ints(6)], outputs: 2 }, ['1 c r ?']],
  [
    {
      op: 'Compress',
      attributes: { axis: 1 },
      inputs: [image, { dims: [3], values: [1, 0, 1], type: 'bool', fixed: true }],
    },
    ['1 c r x'],
  ],
  [
    {
      op: 'Compress',
      attributes: { axis: 2 },
      inputs: [image, { dims: [4], values: [1, 0, 1, 0], type: 'bool', fixed: true }],
    },
    ['1 c ? x'],
  ],
  [{ op: 'Compress', inputs: [image, { dims: [3], values: [1, 0, 1], type: 'bool', fixed: true }] }, ['?']],
  [
    {
      op: 'GatherElements',
      attributes: { axis: 3 },
      inputs: [
        image,
        int64(
          [1, 3, 4, 2],
          Array.from({ length: 24 }, () => 1),
        ),
      ],
    },
    ['1 c r ?'],
  ],
  [{ op: 'GatherND', attributes: { batch_dims: 1 }, inputs: [image, int64([1, 2, 1], [2, 0])] }, ['1 c r x']],
  [{ op: 'GatherND', inputs: [image, int64([2, 3], [0, 2, 1, 0, 1, 0])] }, ['? x']],
  [
    { op: 'ReverseSequence', attributes: { time_axis: 1, batch_axis: 0 }, inputs: [tokens, ints(3, 2)] },
    ['? ? c'],
  ],
  [
    {
      op: 'MaxUnpool',
      attributes: { kernel_shape: [2, 2], strides: [2, 2] },
      inputs: [x([1, 1, 2, 3]), int64([1, 1, 2, 3], [0, 2, 4, 12, 14, 16])],
    },
    ['1 1 r x'],
  ],
  [
    {
      op: 'RoiAlign',
      attributes: { output_height: 2, output_width: 2 },
      inputs: [image, weights([1, 4], [0, 0, 3, 3]), int64([1], [0])],
    },
    ['1 c ? ?'],
  ],
  [
    {
      op: 'LSTM',
      attributes: { hidden_size: 5 },
      inputs: [tokens, weights([1, 20, 4]), weights([1, 20, 5])],
      outputs: 3,
    },
    ['? 1 r c', '1 r c', '1 r c'],
  ],
  [
    {
      op: 'GRU',
      attributes: { hidden_size: 5, direction: 'bidirectional' },
      inputs: [tokens, weights([2, 15, 4]), weights([2, 15, 5])],
      outputs: 2,
    },
    ['? c r c', 'c r c'],
  ],
  [
    {
      op: 'RNN',
      attributes: { hidden_size: 5 },
      inputs: [tokens, weights([1, 5, 4]), weights([1, 5, 5])],
      outputs: 2,
    },
    ['? 1 r c', '1 r c'],
  ],
  [
    {
      op: 'Attention',
      opset: 23,
      attributes: { q_num_heads: 2, kv_num_heads: 2 },
      inputs: [tokens, x([2, 3, 4]), x([2, 3, 8])],
    },
    ['? r c'],
  ],
  [
    {
      op: 'com.microsoft.MultiHeadAttention',
      attributes: { num_heads: 2 },
      inputs: [tokens, weights([2, 3, 4]), weights([2, 3, 8])],
    },
    ['? r c'],
  ],
  [
    {
      op: 'com.microsoft.Attention',
      attributes: { num_heads: 2 },
      inputs: [tokens, weights([4, 24]), weights([24])],
    },
    ['? r c'],
  ],
  [
    {
      op: 'com.microsoft.FusedGemm',
      attributes: { transA: 1, activation: 'Relu' },
      inputs: [x([4, 6]), weights([4, 5]), weights([5])],
    },
    ['c c'],
  ],
  [{ op: 'com.microsoft.FusedMatMul', inputs: [tokens, weights([4, 5])] }, ['? r c']],
  [
    {
      op: 'QLinearMatMul',
      inputs: [bytes([2, 6, 4]), scalar(1), zero, weightBytes([4, 5]), scalar(1), zero, scalar(1), zero],
    },
    ['? r c'],
  ],
  [{ op: 'MatMulInteger', inputs: [bytes([2, 6, 4]), weightBytes([4, 5])] }, []],
  [
    { op: 'com.microsoft.DynamicQuantizeMatMul', inputs: [tokens, weightBytes([4, 5]), scalar(1), zero] },
    ['? r c'],
  ],
  [
    {
      op: 'com.microsoft.MatMulIntegerToFloat',
      inputs: [bytes([2, 6, 4]), weightBytes([4, 5]), scalar(1), scalar(1)],
    },
    ['? r c'],
  ],
  [
    {
      op: 'QLinearConv',
      inputs: [
        bytes([1, 3, 4, 6]),
        scalar(1),
        zero,
        weightBytes([5, 3, 3, 3]),
        scalar(1),
        zero,
        scalar(1),
        zero,
      ],
    },
    ['1 c r x'],
  ],
  [
    {
      op: 'com.microsoft.QLinearConv',
      inputs: [
        bytes([1, 3, 4, 6]),
        scalar(1),
        zero,
        weightBytes([5, 3, 3, 3]),
        scalar(1),
        zero,
        scalar(1),
        zero,
      ],
    },
    ['1 c r x'],
  ],
  [
    {
      op: 'com.microsoft.QLinearAveragePool',
      attributes: { kernel_shape: [2, 2] },
      inputs: [bytes([1, 3, 4, 6]), scalar(1), zero, scalar(1), zero],
    },
    ['1 c r x'],
  ],
  [
    {
      op: 'com.microsoft.QLinearConcat',
      attributes: { axis: 2 },
      inputs: [scalar(1), zero, bytes([1, 3, 4, 6]), scalar(1), zero, bytes([1, 3, 2, 6]), scalar(1), zero],
    },
    ['1 c r x'],
  ],
  [{ op: 'Einsum', attributes: { equation: '...xy->...yx' }, inputs: [image] }, ['1 c x r']],
  [
    { op: 'Einsum', attributes: { equation: 'bcrx,cd->bdrx' }, inputs: [image, weights([3, 5])] },
    ['1 c r x'],
  ],
  [{ op: 'com.microsoft.GridSample', inputs: [image, weights([1, 2, 3, 2], 'unit')] }, ['1 c r x']],
  [{ op: 'Col2Im', inputs: [x([1, 12, 12]), ints(4, 5), ints(2, 2)] }, ['1 c r x']],
  [{ op: 'Clip', inputs: [image, scalar(0), absent] }, ['1 c r x']],
];

for (const [given, expected] of MOVES) {
  moves(titleOf(given), async () => {
    const { outputs } = await trace(given);
    assert.equal(
      outputs.map(({ axes }) => letters(axes)),
      expected,
    );
    for (const { axes, dims } of outputs) assert.equal(axes.map(lengthOf), dims);
  });
}

const classToken = (dims: readonly number[]): TracedAxes => [
  [],
  tokenAxis(dims[1], { height: 2, width: 3, prefix: 1 }),
  axisOf('channel', dims[2]),
];

for (const [kept, prefix] of [
  [9, 2],
  [7, 1],
]) {
  moves(`CenterCropPad keeps the grid of 7 tokens among ${kept}`, async () => {
    const given = { op: 'CenterCropPad', attributes: { axes: [1] }, inputs: [x([1, 7, 4]), ints(kept)] };
    const [{ axes }] = (await trace(given, classToken)).outputs;
    assert.equal(tokenGridOf(axes[1]), { height: 2, width: 3, prefix });
  });
}

moves.run();

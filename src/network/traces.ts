import type { Context } from '../operators/rule.ts';
import { axesOf, fromFront } from '../operators/axes.ts';
import { rangesOf } from '../operators/slice.ts';
import {
  axisOf,
  counts,
  gridOf,
  isSpace,
  lengthOf,
  regroup,
  resized,
  tokenAxis,
  unknownAxes,
  type Axes,
  type Axis,
} from './axes.ts';

/** A node, and what the axes of its inputs count; undefined for what does not depend on the picture. */
export interface Step {
  readonly c: Context;
  readonly axes: readonly (Axes | undefined)[];
  readonly dims: readonly number[];
  /** Which of the node's outputs is meant. */
  readonly output: number;
}

/** What the axes of one output count. */
export type Trace = (step: Step) => Axes;

/** Inputs that come in the output's shape, or broadcast to it, one position to one; the one that knows most leads. */
export const elementwise: Trace = ({ axes, dims }) => {
  const fitting = axes
    .flatMap((one) =>
      one && one.length <= dims.length ? [[...dims.slice(one.length).map(() => []), ...one]] : [],
    )
    .filter((one) => one.every((axis, i) => [1, dims[i]].includes(lengthOf(axis))))
    .sort((a, b) => knowledge(b) - knowledge(a));
  if (fitting.length === 0) return unknownAxes(dims);
  return dims.map((size, i) => {
    const options = fitting.map((one) => one[i]).filter((axis) => lengthOf(axis) === size);
    return options.find((axis) => !counts(axis, 'unknown')) ?? options[0] ?? axisOf('channel', size);
  });
};

const knowledge = (axes: Axes): number => axes.flat().filter(isSpace).length;

const regrouped: Trace = ({ axes: [axes], dims }) => (axes ? regroup(axes, dims) : unknownAxes(dims));

const transpose: Trace = ({ c, axes: [axes], dims }) => {
  const perm = c.ints('perm') ?? dims.map((_, i) => dims.length - 1 - i);
  return axes ? perm.map((axis) => axes[axis]) : unknownAxes(dims);
};

/** Windows slide over the axes from the third on; a convolution makes channels of its own, a pool keeps them. */
const windowed =
  (channels: 'new' | 'kept'): Trace =>
  ({ axes: [axes], dims }) => {
    if (!axes || axes.length !== dims.length) return anchored(dims);
    const out = dims.map((size, i) => {
      if (i === 1 && channels === 'new') return axisOf('channel', size);
      return lengthOf(axes[i]) === size ? axes[i] : resized(axes, i, size);
    });
    const lost = out.slice(2).every((axis) => axis.length === 0 || counts(axis, 'unknown'));
    return lost ? anchored(dims) : out;
  };

/** [1, C, H, W], because the operator takes nothing else. */
const anchored = (dims: readonly number[]): Axes => {
  const names = ['unknown', 'channel', 'row', 'column'] as const;
  return dims.length === 4 && dims[0] === 1
    ? dims.map((size, i) => axisOf(names[i], size))
    : unknownAxes(dims);
};

const resize: Trace = (step) => {
  const {
    axes: [axes],
    dims,
  } = step;
  if (!axes || dims.length !== axes.length) return unknownAxes(dims);
  const stretched = dims.length === 4 && axes.slice(2).every((axis) => axis.length === 0);
  return stretched ? anchored(dims) : byAxis(step);
};

/** Every axis for itself: Pad, Slice, Tile, Expand. */
const byAxis: Trace = ({ axes: [axes], dims }) => {
  if (!axes || axes.length > dims.length) return unknownAxes(dims);
  const aligned = [...dims.slice(axes.length).map(() => []), ...axes];
  return dims.map((size, i) => (lengthOf(aligned[i]) === size ? aligned[i] : resized(aligned, i, size)));
};

/** The positions from `start` on along an axis of tokens: with the whole picture among them or without any of it. */
function cropped(axes: Axes, index: number, start: number, size: number): Axis {
  const grid = gridOf(axes[index]);
  if (!grid) return resized(axes, index, size);
  const { height, width, prefix } = grid;
  const end = prefix + height * width;
  if (start <= prefix && start + size >= end) return tokenAxis(size, { ...grid, prefix: prefix - start });
  return axisOf(start >= end || start + size <= prefix ? 'channel' : 'unknown', size);
}

const slice: Trace = ({ c, axes: [axes], dims }) => {
  if (!axes) return unknownAxes(dims);
  const ranges = rangesOf(c);
  return dims.map((size, i) => {
    if (size === lengthOf(axes[i])) return axes[i];
    return ranges[i].step === 1 ? cropped(axes, i, ranges[i].start, size) : resized(axes, i, size);
  });
};

const split: Trace = ({ c, axes: [axes], dims, output }) => {
  if (!axes) return unknownAxes(dims);
  const along = fromFront(c.int('axis', 0), dims.length);
  const start = Array.from({ length: output }, (_, i) => c.outputDims(i)[along]).reduce((a, b) => a + b, 0);
  return axes.map((axis, i) =>
    i === along && lengthOf(axis) !== dims[i] ? cropped(axes, i, start, dims[i]) : axis,
  );
};

const concat: Trace = ({ c, axes, dims, output }) => {
  const along = fromFront(c.int('axis', 1), dims.length);
  const others = elementwise({
    c,
    axes: axes.map((one) => one?.map((axis, i) => (i === along ? [] : axis))),
    dims: dims.map((size, i) => (i === along ? 1 : size)),
    output,
  });
  const sizes = c.node.inputs.map((_, i) => c.inputDims(i)[along]);
  return others.map((axis, i) =>
    i === along
      ? joined(
          axes.map((one) => one?.[i] ?? []),
          sizes,
          dims[i],
        )
      : axis,
  );
};

/** Parts laid end to end: rows that were rolled, channels, or tokens beside those of one picture. */
function joined(parts: readonly Axis[], sizes: readonly number[], size: number): Axis {
  const spatial = parts.filter((axis) => axis.some(isSpace));
  const direction = (['row', 'column'] as const).find(
    (of) => spatial.length > 0 && spatial.every((axis) => counts(axis, of)),
  );
  if (direction) return axisOf(direction, size);
  if (spatial.length === 0)
    return axisOf(parts.some((axis) => counts(axis, 'unknown')) ? 'unknown' : 'channel', size);
  const at = parts.findIndex((axis) => gridOf(axis));
  if (spatial.length > 1 || at < 0) return axisOf('unknown', size);
  const before = sizes.slice(0, at).reduce((a, b) => a + b, 0);
  const grid = gridOf(parts[at])!;
  return tokenAxis(size, { ...grid, prefix: grid.prefix + before });
}

const reduce: Trace = ({ c, axes: [axes], dims }) => {
  if (!axes) return unknownAxes(dims);
  if (dims.length === axes.length) return axes.map((axis, i) => (dims[i] === 1 ? [] : axis));
  const gone = axesOf(c) ?? axes.map((_, i) => i);
  return axes.filter((_, i) => !gone.includes(i));
};

const gather: Trace = ({ c, axes: [axes], dims }) => {
  if (!axes) return unknownAxes(dims);
  const at = fromFront(c.int('axis', 0), axes.length);
  const picked = c
    .inputDims(1)
    .map((size) => axisOf(counts(axes[at], 'channel') ? 'channel' : 'unknown', size));
  return [...axes.slice(0, at), ...picked, ...axes.slice(at + 1)];
};

/** [.., M, K] x [.., K, N]: what is summed over is gone; weights make channels. */
const product: Trace = ({ c, axes, dims }) => {
  const [a, b] = [0, 1].map((i) => {
    const one = axes[i];
    if (!one || one.length < 2 || c.int(i === 0 ? 'transA' : 'transB', 0) === 0) return one;
    return [...one.slice(0, -2), one.at(-1)!, one.at(-2)!];
  });
  const rank = dims.length;
  if ((a && a.length > rank) || (b && b.length > rank)) return unknownAxes(dims);
  const stacks = elementwise({
    c,
    axes: [a?.slice(0, -2), b?.slice(0, -2)],
    dims: dims.slice(0, -2),
    output: 0,
  });
  return [
    ...stacks,
    a?.at(-2) ?? axisOf('channel', dims[rank - 2]),
    b?.at(-1) ?? axisOf('channel', dims[rank - 1]),
  ];
};

const einsum: Trace = ({ c, axes, dims }) => {
  const [from, to] = c.text('equation', '').replaceAll(' ', '').split('->');
  const letters = new Map<string, Axis>();
  from.split(',').forEach((term, i) =>
    [...term].forEach((letter, at) => {
      const axis = axes[i]?.[at];
      if (axis && (axis.some(isSpace) || !letters.has(letter))) letters.set(letter, axis);
    }),
  );
  if (to?.length !== dims.length) return unknownAxes(dims);
  return [...to].map((letter, i) => letters.get(letter) ?? axisOf('channel', dims[i]));
};

const convolution = windowed('new');
const pool = windowed('kept');

/** Operators that do more to the axes than to take them one to one. */
export const TRACES: Readonly<Record<string, Trace>> = {
  Reshape: regrouped,
  Flatten: regrouped,
  Squeeze: regrouped,
  Unsqueeze: regrouped,
  Transpose: transpose,
  Conv: convolution,
  ConvTranspose: convolution,
  ConvInteger: convolution,
  DeformConv: convolution,
  QLinearConv: convolution,
  'com.microsoft.FusedConv': convolution,
  DepthToSpace: convolution,
  SpaceToDepth: convolution,
  Col2Im: ({ dims }) => anchored(dims),
  GridSample: ({ dims }) => anchored(dims),
  MaxPool: pool,
  AveragePool: pool,
  LpPool: pool,
  GlobalAveragePool: pool,
  GlobalMaxPool: pool,
  GlobalLpPool: pool,
  'com.microsoft.QLinearAveragePool': pool,
  'com.microsoft.QLinearGlobalAveragePool': pool,
  Resize: resize,
  Upsample: resize,
  Pad: byAxis,
  Tile: byAxis,
  Expand: byAxis,
  Slice: slice,
  Split: split,
  Concat: concat,
  Gather: gather,
  MatMul: product,
  Gemm: product,
  MatMulInteger: product,
  'com.microsoft.FusedMatMul': product,
  Einsum: einsum,
  ...Object.fromEntries(
    ['L1', 'L2', 'LogSum', 'LogSumExp', 'Max', 'Mean', 'Min', 'Prod', 'Sum', 'SumSquare'].map((kind) => [
      `Reduce${kind}`,
      reduce,
    ]),
  ),
};

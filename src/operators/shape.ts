import { countsOnly, lengthOf, resized, unknownAxes } from './axes.ts';
import { axesBetween, axisArgument } from './axis-arguments.ts';
import { type AxesRule, cropped, elementwise, joined, regrouped, resizedEach } from './axis-rules.ts';
import { type Foldable, type NodeView, type Operator, unary } from './operator.ts';
import {
  concatenatedDims,
  flattened,
  permutedDims,
  reshapedTo,
  squeezed,
  unsqueezed,
} from './shape-rules.ts';
import { rangesOf, unslice } from './slice.ts';

/** The values keep their order, and so do the cotangents. */
const reshaped: Operator = {
  axes: regrouped,
  passes: 'shape',
  vjp: ({ e, g, inputDims }) => e.reshape(g, inputDims(0)),
};

const foldableSince = (since: number, attributes?: readonly string[]): Foldable => ({ since, attributes });

const permuted: AxesRule = ({ c, axes: [axes], dims }) => {
  const perm = c.ints('perm') ?? dims.map((_, i) => dims.length - 1 - i);
  return axes ? perm.map((axis) => axes[axis]) : unknownAxes(dims);
};

const concatenated: AxesRule = ({ c, axes, dims, output }) => {
  const along = axisArgument(c, 1);
  const others = elementwise({
    c,
    axes: axes.map((one) => one?.map((axis, i) => (i === along ? [] : axis))),
    dims: dims.with(along, 1),
    output,
  });
  const sizes = c.node.inputs.map((_, i) => c.inputDims(i)[along]);
  const parts = axes.map((one) => one?.[along] ?? []);
  // Channels last, tokens before: what is joined to the positions of a signal are tokens too.
  const isTokens = dims.length === 3 && along === 1 && countsOnly(others[2], 'channel');
  return others.with(along, joined(parts, sizes, dims[along], isTokens));
};

const split: AxesRule = ({ c, axes: [axes], dims, output }) => {
  if (!axes) return unknownAxes(dims);
  const along = axisArgument(c, 0);
  const start = splitStart(c, along, output);
  return axes.map((axis, i) =>
    i === along && lengthOf(axis) !== dims[i] ? cropped(axes, i, start, dims[i]) : axis,
  );
};

/** The first position of an output of Split. */
const splitStart = (c: NodeView, along: number, output: number): number =>
  axesBetween(0, output).reduce((sum, i) => sum + c.outputDims(i)[along], 0);

const sliced: AxesRule = ({ c, axes: [axes], dims }) => {
  if (!axes) return unknownAxes(dims);
  const ranges = rangesOf(c);
  return dims.map((size, i) => {
    if (size === lengthOf(axes[i])) return axes[i];
    return ranges[i].step === 1 ? cropped(axes, i, ranges[i].start, size) : resized(axes, i, size);
  });
};

/** Operators that move values without changing them. */
export const SHAPE: Readonly<Record<string, Operator>> = {
  Identity: unary(({ g }) => g, { passes: 'value', carriesAttention: true, foldable: { since: 1 } }),
  Flatten: { ...reshaped, shape: flattened },
  Reshape: {
    ...reshaped,
    shape: reshapedTo,
    carriesAttention: true,
    foldable: foldableSince(5, ['allowzero']),
  },
  Squeeze: { ...reshaped, shape: squeezed, carriesAttention: true, foldable: foldableSince(13) },
  Unsqueeze: { ...reshaped, shape: unsqueezed, carriesAttention: true, foldable: foldableSince(13) },

  Transpose: {
    axes: permuted,
    shape: permutedDims,
    passes: 'order',
    carriesAttention: true,
    foldable: foldableSince(1, ['perm']),
    vjp({ e, g, ints, inputDims }) {
      const perm = ints('perm') ?? inputDims(0).map((_, axis, { length }) => length - 1 - axis);
      return e.transpose(
        g,
        perm.map((_, axis) => perm.indexOf(axis)),
      );
    },
  },

  Concat: {
    axes: concatenated,
    shape: concatenatedDims,
    vjp(c) {
      const axis = axisArgument(c, 1);
      const sizes = c.node.inputs.map((_, index) => c.inputDims(index)[axis]);
      return sizes.length === 1 ? c.g : c.e.split(c.g, sizes, axis);
    },
  },

  Split: {
    axes: split,
    takes(c, output) {
      const along = axisArgument(c, 0);
      const start = splitStart(c, along, output);
      const taken = axesBetween(start, start + c.outputDims(output)[along]);
      return c.inputDims(0).map((_, axis) => (axis === along ? taken : undefined));
    },
    vjp(c) {
      const parts = c.node.outputs.map((_, index) => c.cotangent(index) ?? c.e.zeros(c.outputDims(index)));
      return c.e.concat(parts, axisArgument(c, 0));
    },
  },

  Slice: {
    axes: sliced,
    takes: (c) =>
      rangesOf(c).map(({ start, step, count }) => Array.from({ length: count }, (_, i) => start + i * step)),
    reads: [1, 2, 3, 4],
    vjp: (c) => unslice(c.e, c.g, c.inputDims(0), rangesOf(c)),
  },

  Expand: { axes: resizedEach, broadcast: true, vjp: ({ g }) => g },

  // Every copy along an axis becomes a separate axis, and is summed.
  Tile: {
    axes: resizedEach,
    vjp({ e, g, inputDims, outputDims }) {
      const [from, to] = [inputDims(0), outputDims(0)];
      const apart = e.reshape(
        g,
        from.flatMap((size, axis) => [size && to[axis] / size, size]),
      );
      return e.reduceSum(
        apart,
        from.map((_, axis) => 2 * axis),
        false,
      );
    },
  },
};

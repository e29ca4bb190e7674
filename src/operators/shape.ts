import { zeros } from '../autodiff/context.ts';
import { unary, type Rule } from './rule.ts';
import { axisOf } from './axes.ts';
import { rangesOf, unslice } from './slice.ts';

/** The values stay in order: so do their cotangents. */
const reshaped = unary(({ e, g, inputDims }) => e.reshape(g, inputDims(0)));

/** Operators that move values and leave them as they are. */
export const SHAPE: Readonly<Record<string, Rule>> = {
  Identity: unary(({ g }) => g),
  Flatten: reshaped,
  Reshape: reshaped,
  Squeeze: reshaped,
  Unsqueeze: reshaped,

  Transpose: unary(({ e, g, ints, inputDims }) => {
    const perm = ints('perm') ?? inputDims(0).map((_, axis, { length }) => length - 1 - axis);
    return e.transpose(
      g,
      perm.map((_, axis) => perm.indexOf(axis)),
    );
  }),

  Concat: {
    vjp: (c) => {
      const axis = axisOf(c, 1);
      const sizes = c.node.inputs.map((_, index) => c.inputDims(index)[axis]);
      return sizes.length === 1 ? c.g : c.e.split(c.g, sizes, axis);
    },
  },

  Split: unary((c) => {
    const parts = c.node.outputs.map((_, index) => c.cotangent(index) ?? zeros(c.e, c.outputDims(index)));
    return c.e.concat(parts, axisOf(c, 0));
  }),

  Slice: { reads: [1, 2, 3, 4], vjp: (c) => unslice(c.e, c.g, c.inputDims(0), rangesOf(c)) },

  Expand: { broadcast: true, vjp: ({ g }) => g },

  // Every copy along an axis becomes an axis of its own, which is summed away.
  Tile: unary(({ e, g, inputDims, outputDims }) => {
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
  }),
};

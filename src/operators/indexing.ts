import type { Ref } from '../onnx/emitter.ts';
import { sizeOf } from '../runtime/tensor.ts';
import { lengthOf, resized, unknownAxes } from './axes.ts';
import { axisArgument, fromFront } from './axis-arguments.ts';
import { type AxesRule, cropped, elementwise, picked } from './axis-rules.ts';
import { gatherVjp, scatterAlong } from './gather.ts';
import { type Context, type NodeView, type Operator, unary } from './operator.ts';

/** Whether updates are added to the data; otherwise they replace it and block its cotangent. */
const adds = (c: Context): boolean => {
  const reduction = c.text('reduction', 'none');
  if (reduction !== 'none' && reduction !== 'add') c.unsupported(`reduction "${reduction}"`);
  return reduction === 'add';
};

const scatterElements: Operator = {
  axes: elementwise,
  vjp: (c) => {
    const { e, g } = c;
    const axis = axisArgument(c, 0);
    const indices = c.input(1);
    const blot = () => e.op('ScatterElements', [g, indices, e.zeros(c.inputDims(2))], { axis });
    return [
      c.wants(0) ? (adds(c) ? g : blot()) : null,
      null,
      c.wants(2) ? e.op('GatherElements', [g, indices], { axis }) : null,
    ];
  },
};

const gathered: AxesRule = ({ c, axes: [axes], dims }) => {
  if (!axes) return unknownAxes(dims);
  const at = axisArgument(c, 0);
  const table = c.inputDims(1).map((size) => picked([axes[at]], size));
  return [...axes.slice(0, at), ...table, ...axes.slice(at + 1)];
};

/** One axis loses its order; others may be cropped. */
const pickedAlong =
  (axisIn: (c: NodeView) => number | undefined): AxesRule =>
  ({ c, axes: [axes], dims }) => {
    const along = axisIn(c);
    if (along === undefined || axes?.length !== dims.length) return unknownAxes(dims);
    return dims.map((size, i) => {
      if (i === along) return picked([axes[i]], size);
      return lengthOf(axes[i]) === size ? axes[i] : resized(axes, i, size);
    });
  };

/** [batch axes, index table, axes not indexed] */
const gatheredPoints: AxesRule = ({ c, axes: [axes], dims }) => {
  if (!axes) return unknownAxes(dims);
  const batch = c.int('batch_dims', 0);
  const table = c.inputDims(1);
  const end = batch + table[table.length - 1];
  const points = table.slice(batch, -1).map((size) => picked(axes.slice(batch, end), size));
  return [...axes.slice(0, batch), ...points, ...axes.slice(end)];
};

const centeredOffsets: AxesRule = ({ axes: [axes], dims }) => {
  if (axes?.length !== dims.length) return unknownAxes(dims);
  return axes.map((axis, i) => {
    const size = lengthOf(axis);
    return size === dims[i] ? axis : cropped(axes, i, centerStart(size, dims[i]), dims[i]);
  });
};

/** First position kept when cropping an axis to its center; negative for padding. */
const centerStart = (from: number, to: number): number => Math.trunc((from - to) / 2);

/** Selection, gathering and scattering. */
export const INDEXING: Readonly<Record<string, Operator>> = {
  Gather: {
    axes: gathered,
    takes(c) {
      const at = axisArgument(c, 0);
      const dims = c.inputDims(0);
      const indices = c.constant(1)?.map((index) => fromFront(index, dims[at]));
      return dims.map((_, axis) => (axis === at ? indices : undefined));
    },
    vjp: gatherVjp,
  },

  GatherElements: {
    axes: pickedAlong((c) => axisArgument(c, 0)),
    vjp(c) {
      const data = c.e.zeros(c.inputDims(0));
      return c.e.op('ScatterElements', [data, c.input(1), c.g], {
        axis: axisArgument(c, 0),
        reduction: 'add',
      });
    },
  },

  GatherND: {
    axes: gatheredPoints,
    vjp(c) {
      const data = c.e.zeros(c.inputDims(0));
      return c.e.op('ScatterND', [data, wholeIndices(c), c.g], { reduction: 'add' });
    },
  },

  Scatter: scatterElements,
  ScatterElements: scatterElements,

  ScatterND: {
    axes: elementwise,
    vjp: (c) => {
      const { e, g } = c;
      const indices = c.input(1);
      const blot = () => e.op('ScatterND', [g, indices, e.zeros(c.inputDims(2))]);
      return [
        c.wants(0) ? (adds(c) ? g : blot()) : null,
        null,
        c.wants(2) ? e.op('GatherND', [g, indices]) : null,
      ];
    },
  },

  TopK: {
    picks: true,
    axes: pickedAlong((c) => axisArgument(c, -1)),
    vjp(c) {
      if (!c.cotangent(0)) return null;
      const data = c.e.zeros(c.inputDims(0));
      return c.e.op('ScatterElements', [data, c.output(1), c.g], { axis: axisArgument(c, -1) });
    },
  },

  Compress: {
    sizedByContents: true,
    axes: pickedAlong((c) => (c.attribute('axis') === undefined ? undefined : axisArgument(c, 0))),
    vjp(c) {
      const { e, g } = c;
      const dims = c.inputDims(0);
      const kept = e.op('NonZero', [c.input(1)]);
      const scatter = (shape: readonly number[], axis: number) =>
        scatterAlong(e, g, kept, shape, axis, c.outputDims(0)[axis]);
      if (c.attribute('axis') !== undefined) return scatter(dims, axisArgument(c, 0));
      return e.reshape(scatter([sizeOf(dims)], 0), dims);
    },
  },

  Trilu: unary(({ e, g, has, input, int }) =>
    e.op('Trilu', has(1) ? [g, input(1)] : [g], { upper: int('upper', 1) }),
  ),

  // its own inverse
  ReverseSequence: {
    axes: pickedAlong((c) => c.int('time_axis', 0)),
    vjp: ({ e, g, input, int }) =>
      e.op('ReverseSequence', [g, input(1)], {
        batch_axis: int('batch_axis', 1),
        time_axis: int('time_axis', 0),
      }),
  },

  CenterCropPad: {
    axes: centeredOffsets,
    vjp(c) {
      const [from, to] = [c.inputDims(0), c.outputDims(0)];
      const begins = from.map((size, axis) => centerStart(size, to[axis]));
      const ends = from.map((size, axis) => size - to[axis] - begins[axis]);
      return c.e.pad(c.g, [...begins, ...ends]);
    },
  },
};

/** GatherND's indices, prefixed with the batch coordinates that `batch_dims` implies. */
function wholeIndices(c: Context): Ref {
  const batch = c.inputDims(0).slice(0, c.int('batch_dims', 0));
  if (batch.length === 0) return c.input(1);
  const { e } = c;
  const dims = c.inputDims(1).slice(0, -1);
  const coordinates = batch.map((size, axis) => {
    const shape = [...dims.map((_, other) => (other === axis ? size : 1)), 1];
    const steps = e.constant(
      'int64',
      shape,
      Array.from({ length: size }, (_, i) => i),
    );
    return e.expand(steps, [...dims, 1]);
  });
  return e.concat([...coordinates, c.input(1)], dims.length);
}

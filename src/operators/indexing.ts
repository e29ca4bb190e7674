import type { Ref } from '../onnx/emitter.ts';
import { zeros } from '../autodiff/context.ts';
import { unary, type Context, type Rule } from './rule.ts';
import { axisOf } from './axes.ts';
import { gatherVjp, scatterAlong } from './gather.ts';

/** Updates replace what they hit, or are added to it: the cotangent of the data is blotted out there, or is whole. */
const adds = (c: Context): boolean => {
  const reduction = c.text('reduction', 'none');
  if (reduction !== 'none' && reduction !== 'add') c.unsupported(`reduction "${reduction}"`);
  return reduction === 'add';
};

const scatterElements: Rule = {
  vjp: (c) => {
    const { e, g } = c;
    const axis = axisOf(c, 0);
    const indices = c.input(1);
    const blot = () => e.op('ScatterElements', [g, indices, zeros(e, c.inputDims(2))], { axis });
    return [
      c.wants(0) ? (adds(c) ? g : blot()) : null,
      null,
      c.wants(2) ? e.op('GatherElements', [g, indices], { axis }) : null,
    ];
  },
};

/** Choosing, gathering and scattering. */
export const INDEXING: Readonly<Record<string, Rule>> = {
  Gather: unary(gatherVjp),

  GatherElements: unary((c) => {
    const data = zeros(c.e, c.inputDims(0));
    return c.e.op('ScatterElements', [data, c.input(1), c.g], { axis: axisOf(c, 0), reduction: 'add' });
  }),

  GatherND: unary((c) => {
    const data = zeros(c.e, c.inputDims(0));
    return c.e.op('ScatterND', [data, wholeIndices(c), c.g], { reduction: 'add' });
  }),

  Scatter: scatterElements,
  ScatterElements: scatterElements,

  ScatterND: {
    vjp: (c) => {
      const { e, g } = c;
      const indices = c.input(1);
      const blot = () => e.op('ScatterND', [g, indices, zeros(e, c.inputDims(2))]);
      return [
        c.wants(0) ? (adds(c) ? g : blot()) : null,
        null,
        c.wants(2) ? e.op('GatherND', [g, indices]) : null,
      ];
    },
  },

  TopK: unary((c) => {
    if (!c.cotangent(0)) return null;
    const data = zeros(c.e, c.inputDims(0));
    return c.e.op('ScatterElements', [data, c.output(1), c.g], { axis: axisOf(c, -1) });
  }),

  Compress: unary((c) => {
    const { e, g } = c;
    const dims = c.inputDims(0);
    const kept = e.op('NonZero', [c.input(1)]);
    const scatter = (shape: readonly number[], axis: number) =>
      scatterAlong(e, g, kept, shape, axis, c.outputDims(0)[axis]);
    if (c.attribute('axis') !== undefined) return scatter(dims, axisOf(c, 0));
    return e.reshape(scatter([dims.reduce((a, b) => a * b, 1)], 0), dims);
  }),

  Trilu: unary(({ e, g, has, input, int }) =>
    e.op('Trilu', has(1) ? [g, input(1)] : [g], { upper: int('upper', 1) }),
  ),

  // Reversing twice changes nothing.
  ReverseSequence: unary(({ e, g, input, int }) =>
    e.op('ReverseSequence', [g, input(1)], {
      batch_axis: int('batch_axis', 1),
      time_axis: int('time_axis', 0),
    }),
  ),

  CenterCropPad: unary((c) => {
    const [from, to] = [c.inputDims(0), c.outputDims(0)];
    // An axis is cropped or padded by its difference in size, the smaller half first.
    const begins = from.map((size, axis) => Math.trunc((size - to[axis]) / 2));
    const ends = from.map((size, axis) => size - to[axis] - begins[axis]);
    return c.e.pad(c.g, [...begins, ...ends]);
  }),
};

/** GatherND's indices with the coordinates of the batch in front, which `batch_dims` leaves out. */
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

import type { Emitter, Ref } from '../onnx/emitter.ts';
import { sizeOf } from '../runtime/tensor.ts';
import { axesBetween } from './axis-arguments.ts';
import { imageAxes, windowed } from './axis-rules.ts';
import { NO_RULE } from './no-gradient.ts';
import type { Context, Cotangent, NodeView, Operator, Roles } from './operator.ts';
import { convolved } from './shape-rules.ts';
import { unslice } from './slice.ts';
import { reach, stepsOf, type Sweep, sweepsOf, transposedSweepsOf } from './window.ts';

/** Roles shared by all convolutions. */
export const convolution: Pick<Roles, 'axes' | 'weighs'> = { axes: windowed('new'), weighs: 'window' };

const thirdInput = ({ constant }: NodeView): ArrayLike<number> | undefined => constant(2);

export const CONVOLUTION: Readonly<Record<string, Operator>> = {
  Conv: {
    ...convolution,
    shape: convolved,
    bias: thirdInput,
    linear: () => ({ outputsFirst: true, scale: 1 }),
    vjp: (c) => convVjp(c, c.g),
  },

  ConvTranspose: {
    ...convolution,
    weighs: 'transposed-window',
    bias: thirdInput,
    vjp: (c) => {
      const { e, g } = c;
      const kernel = kernelOf(c);
      const sweeps = transposedSweepsOf(c, kernel.dims.slice(2));
      return [
        c.wants(0) ? convolve(e, g, kernel, sweeps) : null,
        c.wants(1) ? kernelCotangent(e, g, c.outputDims(0), c.x, kernel, sweeps) : null,
        c.wants(2) ? biasCotangent(c, g) : null,
      ];
    },
  },

  DeformConv: { ...convolution, barrier: NO_RULE },

  // https://onnx.ai/onnx/operators/onnx__Col2Im.html
  Col2Im: { axes: imageAxes, reads: [2], vjp: unfold },
};

/** Extracts an image's blocks: a convolution of every channel with one-hot kernels. */
function unfold(c: Context): Ref {
  const { e, g } = c;
  const kernel = c.value(2);
  const channels = c.outputDims(0)[1];
  const taps = sizeOf(kernel);
  const ones = kernel.map(() => 1);
  const eye = Array.from({ length: taps * taps }, (_, i) => Number(i % (taps + 1) === 0));
  const picks = e.expand(e.constant('float32', [1, taps, ...kernel], eye), [channels, taps, ...kernel]);
  const blocks = e.op('Conv', [g, e.reshape(picks, [channels * taps, 1, ...kernel])], {
    group: channels,
    strides: c.ints('strides') ?? ones,
    dilations: c.ints('dilations') ?? ones,
    pads: c.ints('pads') ?? [...ones, ...ones].map(() => 0),
  });
  return e.reshape(blocks, c.inputDims(0));
}

/** Cotangents of a Conv's input, kernel and bias from that of its result. */
export function convVjp(c: Context, g: Ref): Cotangent[] {
  const { e } = c;
  const kernel = kernelOf(c);
  const sweeps = sweepsOf(c, kernel.dims.slice(2));
  return [
    c.wants(0) ? imageCotangent(e, g, kernel, sweeps) : null,
    c.wants(1) ? kernelCotangent(e, c.x, c.inputDims(0), g, kernel, sweeps) : null,
    c.wants(2) ? biasCotangent(c, g) : null,
  ];
}

/** Weights of a convolution from C channels in G groups to M channels: [M, C/G, ...]. */
export interface Kernel {
  readonly w: Ref;
  readonly dims: readonly number[];
  readonly group: number;
}

const kernelOf = (c: Context): Kernel => ({ w: c.input(1), dims: c.inputDims(1), group: c.int('group', 1) });

const spatial = (dims: readonly number[]) => axesBetween(2, dims.length);

function convolve(e: Emitter, image: Ref, { w, group }: Kernel, sweeps: readonly Sweep[]): Ref {
  const [begins, ends] = [sweeps.map(({ begin }) => begin), sweeps.map(({ end }) => end)];
  // Operators do not accept negative pads: crop first.
  const cropped = e.pad(image, [0, 0, ...begins.map(below), 0, 0, ...ends.map(below)]);
  const pads = [...begins.map(above), ...ends.map(above)];
  return e.op('Conv', [cropped, w], { group, pads, ...stepsOf(sweeps) });
}

/** Numbers in the largest kernel that is reversed, which takes several times its memory: 16 MB of float32. */
const LARGEST_REVERSED = 1 << 22;

/**
 * The transpose of `convolve`: a ConvTranspose if there are strides or the kernel is large, otherwise a Conv with a reversed
 * kernel. onnxruntime-web has threads for Conv but not for ConvTranspose, and better loops for many groups.
 */
export function imageCotangent(e: Emitter, g: Ref, kernel: Kernel, sweeps: readonly Sweep[]): Ref {
  if (kernel.group === 1 && sweeps.every(isSinglePosition)) return productWithKernel(e, g, kernel, sweeps);
  if (sweeps.some(({ stride }) => stride > 1) || sizeOf(kernel.dims) > LARGEST_REVERSED)
    return convolveTransposed(e, g, kernel, sweeps);
  const back = sweeps.map((sweep) => ({
    ...sweep,
    size: sweep.count,
    count: sweep.size,
    begin: reach(sweep) - 1 - sweep.begin,
    end: reach(sweep) - 1 - sweep.end,
  }));
  return convolve(e, g, reversed(e, kernel), back);
}

const isSinglePosition = ({ count, dilation, begin, end }: Sweep): boolean =>
  count === 1 && dilation === 1 && begin >= 0 && end >= 0;

/**
 * The kernel at its only position, times g: a matrix product with the kernel as it is stored. Reversing it would take
 * several times its memory, and such kernels are the largest (the first linear layer of VGG as a convolution).
 */
function productWithKernel(e: Emitter, g: Ref, { w, dims }: Kernel, sweeps: readonly Sweep[]): Ref {
  const [outputs, ...window] = dims;
  const flat = e.matmul(e.reshape(g, [-1, outputs]), e.reshape(w, [outputs, sizeOf(window)]));
  const [begins, ends] = [sweeps.map(({ begin }) => begin), sweeps.map(({ end }) => end)];
  return e.pad(e.reshape(flat, [-1, ...window]), [
    0,
    0,
    ...begins.map((pad) => -pad),
    0,
    0,
    ...ends.map((pad) => -pad),
  ]);
}

function convolveTransposed(e: Emitter, g: Ref, { w, group }: Kernel, sweeps: readonly Sweep[]): Ref {
  const [begins, ends] = [sweeps.map(({ begin }) => begin), sweeps.map(({ end }) => end)];
  const reached = e.op('ConvTranspose', [g, w], {
    group,
    pads: [...begins.map(above), ...ends.map(above)],
    output_padding: ends.map((end) => -below(end)),
    ...stepsOf(sweeps),
  });
  return e.pad(reached, [0, 0, ...begins.map((begin) => -below(begin)), 0, 0, ...begins.map(() => 0)]);
}

const above = (pad: number) => Math.max(0, pad);
const below = (pad: number) => Math.min(0, pad);

/** Swaps input and output channels within each group, and reverses every spatial axis. */
function reversed(e: Emitter, { w, dims, group }: Kernel): Kernel {
  const [outputs, inputs, ...sizes] = dims;
  const flipped = unslice(
    e,
    w,
    dims,
    dims.map((count, axis) =>
      axis < 2 ? { start: 0, step: 1, count } : { start: count - 1, step: -1, count },
    ),
  );
  const groups = e.reshape(flipped, [group, outputs / group, inputs, ...sizes]);
  const swapped = e.transpose(groups, [0, 2, 1, ...sizes.map((_, axis) => axis + 3)]);
  const reversedDims = [group * inputs, outputs / group, ...sizes];
  return { w: e.reshape(swapped, reversedDims), dims: reversedDims, group };
}

/**
 * ∂s/∂w[m, c, k] = Σ over n and positions o of g[n, m, o]·image[n, c, o·stride + k·dilation − begin]: a convolution of
 * the image with g over the batch, with strides and dilations swapped.
 */
function kernelCotangent(
  e: Emitter,
  image: Ref,
  imageDims: readonly number[],
  g: Ref,
  { dims, group }: Kernel,
  sweeps: readonly Sweep[],
): Ref {
  const [batch, channels, ...sizes] = imageDims;
  const axes = spatial(imageDims);
  const swap = [1, 0, ...axes];
  const groups = e.reshape(image, [batch, group, channels / group, ...sizes]);
  const apart = e.transpose(groups, [2, 1, 0, ...axes.map((axis) => axis + 1)]);
  const across = sweeps.map((sweep) => ({
    ...sweep,
    kernel: sweep.count,
    count: sweep.kernel,
    stride: sweep.dilation,
    dilation: sweep.stride,
  }));
  const result = convolve(
    e,
    e.reshape(apart, [channels / group, group * batch, ...sizes]),
    { w: e.transpose(g, swap), dims, group },
    across,
  );
  return e.transpose(result, swap);
}

const biasCotangent = (c: Context, g: Ref): Ref => c.e.reduceSum(g, [0, ...spatial(c.outputDims(0))], false);

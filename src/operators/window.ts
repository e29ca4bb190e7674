import type { Context } from './rule.ts';

/**
 * How a window moves along one spatial axis: at position o of `count`, its tap k of `kernel` lies on element
 * o·stride + k·dilation − begin of `size`, or outside.
 */
export interface Sweep {
  readonly size: number;
  readonly count: number;
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  /** How far the first window starts before the first element. */
  readonly begin: number;
  /** How far the last window ends behind the last element; negative where it leaves elements out. */
  readonly end: number;
  /** Padding behind the last element, as the node declares it: `ceil_mode` lets the last window end behind even that. */
  readonly margin: number;
}

/** Elements from the first tap of a window to its last, both included. */
export const reach = ({ kernel, dilation }: Pick<Sweep, 'kernel' | 'dilation'>): number =>
  (kernel - 1) * dilation + 1;

/** The sweeps of a convolution or a pool over its first input, one per spatial axis. */
export function sweepsOf(c: Context, kernels: readonly number[]): Sweep[] {
  const mode = c.text('auto_pad', 'NOTSET');
  const [sizes, counts] = [c.inputDims(0).slice(2), c.outputDims(0).slice(2)];
  return givenSteps(c, kernels).map((step, axis) => {
    const size = sizes[axis];
    const total = (Math.ceil(size / step.stride) - 1) * step.stride + reach(step) - size;
    return sweep(step, size, counts[axis], padsOf(c, axis, mode, total));
  });
}

/** The sweeps of a transposed convolution: its window moves over the output, one position per element of the input. */
export function transposedSweepsOf(c: Context, kernels: readonly number[]): Sweep[] {
  const auto = c.text('auto_pad', 'NOTSET');
  // A given output_shape is reached by padding, too.
  const mode = c.ints('output_shape') && auto !== 'SAME_UPPER' ? 'SAME_LOWER' : auto;
  const [counts, sizes] = [c.inputDims(0).slice(2), c.outputDims(0).slice(2)];
  const extra = c.ints('output_padding');
  return givenSteps(c, kernels).map((step, axis) => {
    const whole = (counts[axis] - 1) * step.stride + reach(step) + (extra?.[axis] ?? 0);
    const total = Math.max(0, whole - sizes[axis]);
    return sweep(step, sizes[axis], counts[axis], padsOf(c, axis, mode, total));
  });
}

/** The sweeps of a Col2Im: the windows that an image of `sizes` was taken apart into. */
export function foldedSweepsOf(c: Context, kernels: readonly number[], sizes: readonly number[]): Sweep[] {
  return givenSteps(c, kernels).map((step, axis) => {
    const [begin, end] = padsOf(c, axis, 'NOTSET', 0);
    const count = Math.floor((sizes[axis] + begin + end - reach(step)) / step.stride) + 1;
    return sweep(step, sizes[axis], count, [begin, end]);
  });
}

type Step = Pick<Sweep, 'kernel' | 'stride' | 'dilation'>;

function givenSteps(c: Context, kernels: readonly number[]): Step[] {
  const [strides, dilations] = [c.ints('strides'), c.ints('dilations')];
  return kernels.map((kernel, axis) => ({
    kernel,
    stride: strides?.[axis] ?? 1,
    dilation: dilations?.[axis] ?? 1,
  }));
}

const sweep = (step: Step, size: number, count: number, [begin, margin]: Pads): Sweep => ({
  ...step,
  size,
  count,
  begin,
  end: (count - 1) * step.stride + reach(step) - size - begin,
  margin,
});

type Pads = readonly [begin: number, end: number];

/**
 * Padding along one axis: given, or `total` in halves, the smaller one first for SAME_UPPER. Below zero, where windows
 * leave elements out, onnxruntime rounds another way than the specification says.
 */
function padsOf(c: Context, axis: number, mode: string, total: number): Pads {
  if (mode === 'VALID') return [0, 0];
  if (mode === 'NOTSET') {
    const pads = c.ints('pads') ?? [];
    return [pads[axis] ?? 0, pads[axis + pads.length / 2] ?? 0];
  }
  const halved = total < 0 ? total + 1 : total;
  const begin = Math.trunc(mode === 'SAME_UPPER' ? halved / 2 : (halved + 1) / 2);
  return [begin, total - begin];
}

/** The attributes that say the same of a window operator. */
export const stepsOf = (sweeps: readonly Sweep[]): { strides: number[]; dilations: number[] } => ({
  strides: sweeps.map(({ stride }) => stride),
  dilations: sweeps.map(({ dilation }) => dilation),
});

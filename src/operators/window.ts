import type { AttributeValue } from '../onnx/emitter.ts';
import type { Context, NodeView } from './operator.ts';

/**
 * Motion of a window along one spatial axis: at position o of `count`, tap k of `kernel` is on element o·stride +
 * k·dilation − begin of `size`, or outside.
 */
export interface Sweep {
  readonly size: number;
  readonly count: number;
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  /** Distance from the start of the first window to the first element. */
  readonly begin: number;
  /** Distance from the last element to the end of the last window; negative if it omits elements. */
  readonly end: number;
  /** Declared padding after the last element; with `ceil_mode` the last window may end later. */
  readonly margin: number;
}

/** Elements from the first to the last tap of a window, inclusive. */
export const reach = ({ kernel, dilation }: Pick<Sweep, 'kernel' | 'dilation'>): number =>
  (kernel - 1) * dilation + 1;

/** The sweeps of a convolution or pool over its first input, one per spatial axis. */
export function sweepsOf(c: Context, kernels: readonly number[]): Sweep[] {
  const mode = c.text('auto_pad', 'NOTSET');
  const [sizes, counts] = [c.inputDims(0).slice(2), c.outputDims(0).slice(2)];
  return givenSteps(c, kernels).map((step, axis) => {
    const size = sizes[axis];
    const total = (Math.ceil(size / step.stride) - 1) * step.stride + reach(step) - size;
    return sweep(step, size, counts[axis], padsOf(c, axis, mode, total));
  });
}

/** The sweeps of a transposed convolution, whose window moves over the output, one position per input element. */
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

type WindowStep = Pick<Sweep, 'kernel' | 'stride' | 'dilation'>;

function givenSteps(c: Context, kernels: readonly number[]): WindowStep[] {
  const [strides, dilations] = [c.ints('strides'), c.ints('dilations')];
  return kernels.map((kernel, axis) => ({
    kernel,
    stride: strides?.[axis] ?? 1,
    dilation: dilations?.[axis] ?? 1,
  }));
}

const sweep = (step: WindowStep, size: number, count: number, [begin, margin]: Pads): Sweep => ({
  ...step,
  size,
  count,
  begin,
  end: (count - 1) * step.stride + reach(step) - size - begin,
  margin,
});

type Pads = readonly [begin: number, end: number];

/**
 * Padding along one axis: given, or half of `total` on each side, the smaller half first for SAME_UPPER. For negative
 * totals, where windows omit elements, onnxruntime rounds differently from the specification.
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

/** The attributes of a convolution, as the model gives them. */
export function windowAttributes(c: NodeView): Record<string, AttributeValue> {
  const lists = ['dilations', 'kernel_shape', 'pads', 'strides'].flatMap((name) => {
    const values = c.ints(name);
    return values ? [[name, values] as const] : [];
  });
  return { ...Object.fromEntries(lists), auto_pad: c.text('auto_pad', 'NOTSET'), group: c.int('group', 1) };
}

/** The attributes of a window operator. */
export const stepsOf = (sweeps: readonly Sweep[]): { strides: number[]; dilations: number[] } => ({
  strides: sweeps.map(({ stride }) => stride),
  dilations: sweeps.map(({ dilation }) => dilation),
});

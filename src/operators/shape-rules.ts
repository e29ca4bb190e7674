import { sizeOf } from '../runtime/tensor.ts';
import { axesArgument, axisArgument, fromFront } from './axis-arguments.ts';
import type { NodeView } from './operator.ts';

/**
 * Dimensions of a node's only output, from the dimensions of its inputs and contents that are constant; undefined where
 * that does not tell. A test compares each with the runtime.
 */
export type ShapeRule = (c: NodeView) => readonly number[] | undefined;

export const likeFirst: ShapeRule = (c) => c.inputDims(0);

/** The shape of arrays broadcast by NumPy's rules. */
export const broadcastDims = (a: readonly number[], b: readonly number[]): number[] => {
  const rank = Math.max(a.length, b.length);
  const at = (dims: readonly number[], axis: number) => dims[axis - rank + dims.length] ?? 1;
  return Array.from({ length: rank }, (_, axis) => (at(a, axis) === 1 ? at(b, axis) : at(a, axis)));
};

export const broadcast: ShapeRule = (c) =>
  c.node.inputs
    .flatMap((_, i) => (c.has(i) ? [c.inputDims(i)] : []))
    .reduce<readonly number[]>(broadcastDims, []);

/** A convolution: its kernel is [channels, channels of a group, ...]. */
export const convolved: ShapeRule = (c) => {
  const [channels, , ...kernel] = c.inputDims(1);
  return swept(c, channels, kernel);
};

export const poolSwept: ShapeRule = (c) => {
  const kernel = c.ints('kernel_shape');
  // Libraries differ on a last window in the padding.
  if (!kernel || c.int('ceil_mode', 0) !== 0) return undefined;
  return swept(c, c.inputDims(0)[1], kernel);
};

/** Positions of a window (https://onnx.ai/onnx/operators/onnx__Conv.html). */
function swept(c: NodeView, channels: number, kernel: readonly number[]): readonly number[] | undefined {
  const [batch, , ...space] = c.inputDims(0);
  const [strides, dilations, pads] = [c.ints('strides'), c.ints('dilations'), c.ints('pads')];
  const mode = c.text('auto_pad', 'NOTSET');
  const counts = space.map((size, axis) => {
    const stride = strides?.[axis] ?? 1;
    if (mode.startsWith('SAME')) return Math.ceil(size / stride);
    const reach = (kernel[axis] - 1) * (dilations?.[axis] ?? 1) + 1;
    const padding = mode === 'NOTSET' ? (pads?.[axis] ?? 0) + (pads?.[axis + space.length] ?? 0) : 0;
    return Math.floor((size + padding - reach) / stride) + 1;
  });
  return counts.every((count) => count > 0) ? [batch, channels, ...counts] : undefined;
}

/** One position is left of all space. */
export const pooledWhole: ShapeRule = (c) => c.inputDims(0).map((size, axis) => (axis < 2 ? size : 1));

export const matrixTimesMatrix: ShapeRule = (c) => {
  const [a, b] = [c.inputDims(0), c.inputDims(1)];
  if (a.length < 2 || b.length < 2) return undefined;
  const side = (dims: readonly number[], turned: number, at: -1 | -2) => dims.at(turned ? -3 - at : at)!;
  const rows = side(a, c.int('transA', 0), -2);
  const columns = side(b, c.int('transB', 0), -1);
  return [...broadcastDims(a.slice(0, -2), b.slice(0, -2)), rows, columns];
};

export const flattened: ShapeRule = (c) => {
  const dims = c.inputDims(0);
  const axis = fromFront(c.int('axis', 1), dims.length);
  return [sizeOf(dims.slice(0, axis)), sizeOf(dims.slice(axis))];
};

/** 0 keeps a dimension, -1 takes what is left. */
export const reshapedTo: ShapeRule = (c) => {
  const dims = c.inputDims(0);
  const wanted = c.has(1) ? c.constant(1) : c.ints('shape');
  if (!wanted || c.int('allowzero', 0) !== 0) return undefined;
  const sizes = wanted.map((size, axis) => (size === 0 ? dims[axis] : size));
  const left = sizeOf(dims) / sizeOf(sizes.filter((size) => size !== -1));
  return sizes.map((size) => (size === -1 ? left : size));
};

export const permutedDims: ShapeRule = (c) => {
  const dims = c.inputDims(0);
  return (c.ints('perm') ?? dims.map((_, i) => dims.length - 1 - i)).map((axis) => dims[axis]);
};

export const concatenatedDims: ShapeRule = (c) => {
  const along = axisArgument(c, 1);
  const sizes = c.node.inputs.map((_, i) => c.inputDims(i)[along]);
  return c.inputDims(0).with(
    along,
    sizes.reduce((a, b) => a + b, 0),
  );
};

/** Whether the axes of a node are an attribute or constant; `axesArgument` reads them. */
const hasKnownAxes = (c: NodeView): boolean => !c.has(1) || c.constant(1) !== undefined;

export const squeezed: ShapeRule = (c) => {
  if (!hasKnownAxes(c)) return undefined;
  const gone = axesArgument(c);
  return c.inputDims(0).filter((size, axis) => (gone ? !gone.includes(axis) : size !== 1));
};

export const unsqueezed: ShapeRule = (c) => {
  if (!hasKnownAxes(c)) return undefined;
  const dims = [...c.inputDims(0)];
  const count = (c.ints('axes') ?? c.constant(1) ?? []).length;
  const added = axesArgument(c, { rank: dims.length + count }) ?? [];
  return Array.from({ length: dims.length + count }, (_, axis) => (added.includes(axis) ? 1 : dims.shift()!));
};

export const reduced: ShapeRule = (c) => {
  if (!hasKnownAxes(c)) return undefined;
  const dims = c.inputDims(0);
  const named = axesArgument(c) ?? [];
  const all = named.length === 0 && !c.int('noop_with_empty_axes', 0);
  const gone = (axis: number) => all || named.includes(axis);
  if (c.int('keepdims', 1)) return dims.map((size, axis) => (gone(axis) ? 1 : size));
  return dims.filter((_, axis) => !gone(axis));
};

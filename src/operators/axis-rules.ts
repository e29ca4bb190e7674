import {
  axisOf,
  countsOnly,
  DIRECTIONS,
  isSpace,
  lengthOf,
  regroup,
  resized,
  tokenAxis,
  tokenCount,
  type TokenGrid,
  tokenGridOf,
  type TracedAxes,
  type TracedAxis,
  unknownAxes,
} from './axes.ts';
import type { NodeView } from './operator.ts';

/** A node and the meaning of its inputs' axes; undefined for inputs that do not depend on the image. */
export interface AxesStep {
  readonly c: NodeView;
  readonly axes: readonly (TracedAxes | undefined)[];
  /** Shape of the output. */
  readonly dims: readonly number[];
  /** Index of the output. */
  readonly output: number;
}

/** The meaning of an output's axes. */
export type AxesRule = (step: AxesStep) => TracedAxes;

/** Inputs broadcast to the output's shape; the one with the most known axes takes precedence. */
export const elementwise: AxesRule = ({ axes, dims }) => {
  const fitting = axes
    .flatMap((one) =>
      one && one.length <= dims.length ? [[...dims.slice(one.length).map(() => []), ...one]] : [],
    )
    .filter((one) => one.every((axis, i) => [1, dims[i]].includes(lengthOf(axis))))
    .sort((a, b) => knowledge(b) - knowledge(a));
  if (fitting.length === 0) return unknownAxes(dims);
  return dims.map((size, i) => {
    const options = fitting.map((one) => one[i]).filter((axis) => lengthOf(axis) === size);
    return options.find((axis) => !countsOnly(axis, 'unknown')) ?? options[0] ?? axisOf('channel', size);
  });
};

const knowledge = (axes: TracedAxes): number => axes.flat().filter(isSpace).length;

/** Nothing is known about the output: its positions differ from the input's. */
export const lost: AxesRule = ({ dims }) => unknownAxes(dims);

/** The first input, reshaped. */
export const regrouped: AxesRule = ({ axes: [axes], dims }) =>
  axes ? regroup(axes, dims) : unknownAxes(dims);

/** Each axis of the first input padded, cropped or repeated separately. */
export const resizedEach: AxesRule = ({ axes: [axes], dims }) => {
  if (!axes || axes.length > dims.length) return unknownAxes(dims);
  const aligned = [...dims.slice(axes.length).map(() => []), ...axes];
  return dims.map((size, i) => (lengthOf(aligned[i]) === size ? aligned[i] : resized(aligned, i, size)));
};

/** The first input with axes reduced to size 1 by a sum or another reduction. */
export const reducedTo: AxesRule = ({ axes: [axes], dims }) =>
  axes?.length === dims.length ? axes.map((axis, i) => (dims[i] === 1 ? [] : axis)) : unknownAxes(dims);

/** The first input with its last axis replaced by channels, as in a linear map. */
export const lastAxisNew: AxesRule = ({ axes: [axes], dims }) =>
  axes?.length === dims.length
    ? [...axes.slice(0, -1), axisOf('channel', dims[dims.length - 1])]
    : unknownAxes(dims);

/** [1, C, H, W] or [1, C, D, H, W], the operator's only possible output. */
export const imageAxes: AxesRule = ({ dims }) => {
  const names = ['unknown', 'channel', ...DIRECTIONS.slice(5 - dims.length)] as const;
  return dims[0] === 1 && (dims.length === 4 || dims.length === 5)
    ? dims.map((size, i) => axisOf(names[i], size))
    : unknownAxes(dims);
};

/** Sliding windows over space, from the third axis on. A convolution creates new channels, a pool keeps them. */
export const windowed =
  (channels: 'new' | 'kept'): AxesRule =>
  (step) => {
    const {
      c,
      axes: [axes],
      dims,
    } = step;
    const last = c.int('channels_last', 0) === 1;
    const lostAll = () => (last ? unknownAxes(dims) : imageAxes(step));
    if (!axes || axes.length !== dims.length) return lostAll();
    const at = last ? dims.length - 1 : 1;
    const out = dims.map((size, i) => {
      if (i === at && channels === 'new') return axisOf('channel', size);
      return lengthOf(axes[i]) === size ? axes[i] : resized(axes, i, size);
    });
    const space = out.filter((_, i) => i > 0 && i !== at);
    return space.every((axis) => axis.length === 0 || countsOnly(axis, 'unknown')) ? lostAll() : out;
  };

/**
 * `size` positions from `start` along an axis. For tokens, the result is known if it has the whole image or none of it.
 */
export function cropped(axes: TracedAxes, index: number, start: number, size: number): TracedAxis {
  const grid = tokenGridOf(axes[index]);
  if (!grid) return resized(axes, index, size);
  const { prefix } = grid;
  const end = prefix + tokenCount(grid);
  if (start <= prefix && start + size >= end) return tokenAxis(size, { ...grid, prefix: prefix - start });
  return axisOf(start >= end || start + size <= prefix ? 'channel' : 'unknown', size);
}

/** Positions selected in any order: channels stay channels, space loses its order. */
export const picked = (from: readonly TracedAxis[], size: number): TracedAxis =>
  axisOf(from.every((axis) => countsOnly(axis, 'channel')) ? 'channel' : 'unknown', size);

/** Concatenated parts: rolled rows, channels, or the tokens of one image and others. */
export function joined(
  parts: readonly TracedAxis[],
  sizes: readonly number[],
  size: number,
  isTokens = false,
): TracedAxis {
  const spatial = parts.filter((axis) => axis.some(isSpace));
  const direction = DIRECTIONS.find(
    (of) => spatial.length > 0 && spatial.every((axis) => countsOnly(axis, of)),
  );
  if (direction && !(isTokens && spatial.length === 1)) return axisOf(direction, size);
  if (spatial.length === 0)
    return axisOf(parts.some((axis) => countsOnly(axis, 'unknown')) ? 'unknown' : 'channel', size);
  const gridAt = (axis: TracedAxis) => tokenGridOf(axis) ?? gridOfLine(axis);
  const at = parts.findIndex(gridAt);
  if (spatial.length > 1 || at < 0) return axisOf('unknown', size);
  const before = sizes.slice(0, at).reduce((a, b) => a + b, 0);
  const grid = gridAt(parts[at])!;
  return tokenAxis(size, { ...grid, prefix: grid.prefix + before });
}

/** Positions in one direction, of a signal or of frames, as a grid. */
function gridOfLine([factor, ...others]: TracedAxis): TokenGrid | undefined {
  if (!factor || others.length > 0) return undefined;
  const { of, size } = factor;
  const single = { height: 1, width: 1, prefix: 0 };
  if (of === 'slice') return { ...single, depth: size };
  return of === 'row'
    ? { ...single, height: size }
    : of === 'column'
      ? { ...single, width: size }
      : undefined;
}

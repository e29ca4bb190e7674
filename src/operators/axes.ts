/**
 * Meaning of a value's axes. A factor is a run of positions in one direction of the image, or channels; an axis is the
 * product of its factors, slowest first. Reshape and Transpose only regroup factors, so windows that are partitioned,
 * attended and merged again are traced exactly, in any order.
 */

/** The directions of space, slowest first. */
export const DIRECTIONS = ['slice', 'row', 'column'] as const;
type SpaceDirection = (typeof DIRECTIONS)[number];

export interface Factor {
  /** Slices (of a volume, or frames of a video), rows, columns, all of these among other tokens, or no space: channels. */
  readonly of: SpaceDirection | 'token' | 'channel' | 'unknown';
  readonly size: number;
  /** Slices, rows or columns between neighboring positions. */
  readonly stride: number;
  /** The image's position among the tokens; only for tokens. */
  readonly grid?: TokenGrid;
}

/** Tokens of an image, after `prefix` others (class, registers). */
export interface TokenGrid {
  /** Slices of a volume or frames of a video; missing for images. */
  readonly depth?: number;
  readonly height: number;
  readonly width: number;
  readonly prefix: number;
}

export type TracedAxis = readonly Factor[];
export type TracedAxes = readonly TracedAxis[];

/** An axis with a single factor, or none if its size is 1. */
export const axisOf = (of: Factor['of'], size: number): TracedAxis =>
  size === 1 ? [] : [{ of, size, stride: 1 }];

/** A token axis: rows times columns, possibly with other tokens. */
export const tokenAxis = (size: number, grid: TokenGrid): TracedAxis =>
  size === tokenCount(grid)
    ? [...axisOf('slice', grid.depth ?? 1), ...axisOf('row', grid.height), ...axisOf('column', grid.width)]
    : [{ of: 'token', size, stride: 1, grid }];

/** Number of tokens of the image. */
export const tokenCount = ({ depth = 1, height, width }: TokenGrid): number => depth * height * width;

export const lengthOf = (axis: TracedAxis): number => axis.reduce((size, factor) => size * factor.size, 1);

const isDirection = (of: Factor['of']): of is SpaceDirection => DIRECTIONS.some((one) => one === of);

export const isSpace = ({ of }: Factor): boolean => isDirection(of) || of === 'token';

/** Whether all factors are of this kind. */
export const countsOnly = (axis: TracedAxis, of: Factor['of']): boolean =>
  axis.length > 0 && axis.every((factor) => factor.of === of);

export const unknownAxes = (dims: readonly number[]): TracedAxes =>
  dims.map((size) => axisOf('unknown', size));

/** The grid of a token axis; undefined for other axes. */
export function tokenGridOf(axis: TracedAxis): TokenGrid | undefined {
  if (axis.length === 1) return axis[0].grid;
  const [width, height, slices] = axis.toReversed();
  const plain =
    axis.length === 2
      ? height.of === 'row' && width.of === 'column'
      : axis.length === 3 && slices.of === 'slice' && height.of === 'row' && width.of === 'column';
  if (!plain) return undefined;
  const depth = slices && { depth: slices.size };
  return { ...depth, height: height.size, width: width.size, prefix: 0 };
}

/** The axes after a reshape. Factors that the shape splits unevenly become unknown. */
export function regroup(axes: TracedAxes, dims: readonly number[]): TracedAxes {
  const queue = axes.flat();
  const out: TracedAxis[] = [];
  for (let at = 0; at < dims.length; at++) {
    const taken = takeFactors(queue, dims[at]);
    if (taken) out.push(joinFactors(taken));
    else {
      // Factors are lost up to the point where both shapes align again.
      let [wanted, lost] = [dims[at], 1];
      const from = at;
      while (lost !== wanted) {
        if (lost < wanted && queue.length > 0) lost *= queue.shift()!.size;
        else if (++at < dims.length) wanted *= dims[at];
        else break;
      }
      out.push(...unknownAxes(dims.slice(from, at + 1)));
    }
  }
  return out;
}

/** Takes factors with product `size` from the front of the queue; undefined, without a change, if there are none. */
function takeFactors(queue: Factor[], size: number): Factor[] | undefined {
  const taken: Factor[] = [];
  let rest = size;
  let at = 0;
  for (; rest > 1; at++) {
    const factor = queue[at];
    if (!factor) return undefined;
    if (rest % factor.size === 0) {
      taken.push(factor);
      rest /= factor.size;
    } else if (factor.size % rest === 0 && factor.of !== 'token') {
      const step = factor.size / rest;
      taken.push({ ...factor, size: rest, stride: factor.stride * step });
      queue.splice(0, at + 1, { ...factor, size: step });
      return taken;
    } else return undefined;
  }
  queue.splice(0, at);
  return taken;
}

/** Merges neighbors that continue each other. */
function joinFactors(axis: TracedAxis): TracedAxis {
  const out: Factor[] = [];
  for (const factor of axis) {
    const last = out.at(-1);
    const follows =
      last?.of === factor.of &&
      factor.of !== 'token' &&
      (!isSpace(factor) || last.stride === factor.stride * factor.size);
    if (!follows) out.push(factor);
    else out[out.length - 1] = { ...factor, size: last.size * factor.size };
  }
  return out;
}

/** After a reduction or selection, makes the finest remaining step of each direction the unit. */
export function coarsen(axes: TracedAxes): TracedAxes {
  const finest = (of: Factor['of']) =>
    Math.min(...axes.flat().flatMap((factor) => (factor.of === of ? factor.stride : [])));
  const unit = { slice: finest('slice'), row: finest('row'), column: finest('column') };
  return axes.map((axis) =>
    axis.map((factor) =>
      isDirection(factor.of) ? { ...factor, stride: factor.stride / unit[factor.of] } : factor,
    ),
  );
}

/** An axis resampled in place: pooled, padded, cropped, resized. */
export function resized(axes: TracedAxes, index: number, size: number): TracedAxis {
  const axis = axes[index];
  const [{ of } = { of: 'channel' as const }] = axis;
  const alone = axes.every((other, i) => i === index || other.every((factor) => factor.of !== of));
  const plain =
    axis.length === 0 || countsOnly(axis, 'channel') || (axis.length === 1 && of !== 'token' && alone);
  return axisOf(plain ? of : 'unknown', size);
}

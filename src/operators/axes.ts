/**
 * What the axes of a value count. A factor is a run of positions along one direction of the image, or of something
 * else; an axis is the product of its factors, slowest first; Reshape and Transpose only regroup factors. So windows
 * that are cut out, attended to and put back are followed exactly, whatever their order in between.
 */

export interface Factor {
  /** Rows, columns, rows times columns among other tokens, or something other than space: channels. */
  readonly of: 'row' | 'column' | 'token' | 'channel' | 'unknown';
  readonly size: number;
  /** Rows or columns from one position to the next. */
  readonly stride: number;
  /** The image's place among the tokens; for tokens only. */
  readonly grid?: TokenGrid;
}

/** Tokens of an image, after `prefix` others (class, registers). */
export interface TokenGrid {
  readonly height: number;
  readonly width: number;
  readonly prefix: number;
}

export type TracedAxis = readonly Factor[];
export type TracedAxes = readonly TracedAxis[];

/** An axis that counts one thing. An axis of one position counts nothing. */
export const axisOf = (of: Factor['of'], size: number): TracedAxis =>
  size === 1 ? [] : [{ of, size, stride: 1 }];

/** An axis of tokens: rows times columns, other tokens around them. */
export const tokenAxis = (size: number, grid: TokenGrid): TracedAxis =>
  size === grid.height * grid.width
    ? [...axisOf('row', grid.height), ...axisOf('column', grid.width)]
    : [{ of: 'token', size, stride: 1, grid }];

/** Positions along an axis. */
export const lengthOf = (axis: TracedAxis): number => axis.reduce((size, factor) => size * factor.size, 1);

export const isSpace = ({ of }: Factor): boolean => of === 'row' || of === 'column' || of === 'token';

/** Whether the axis counts nothing else. */
export const countsOnly = (axis: TracedAxis, of: Factor['of']): boolean =>
  axis.length > 0 && axis.every((factor) => factor.of === of);

export const unknownAxes = (dims: readonly number[]): TracedAxes =>
  dims.map((size) => axisOf('unknown', size));

/** The grid of an axis of tokens; undefined for other axes. */
export function tokenGridOf(axis: TracedAxis): TokenGrid | undefined {
  const [first, second] = axis;
  if (axis.length === 1) return first.grid;
  const plain = axis.length === 2 && first.of === 'row' && second.of === 'column';
  return plain ? { height: first.size, width: second.size, prefix: 0 } : undefined;
}

/** The axes of the same values in another shape. Factors that the shape splits unevenly become unknown. */
export function regroup(axes: TracedAxes, dims: readonly number[]): TracedAxes {
  const queue = axes.flat();
  const out: TracedAxis[] = [];
  for (let at = 0; at < dims.length; at++) {
    const taken = takeFactors(queue, dims[at]);
    if (taken) out.push(joinFactors(taken));
    else {
      // The factors up to where both shapes meet again are lost.
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

/** Takes factors that make up `size` from the front of the queue; leaves the queue alone where none do. */
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

/** Joins neighbors where one continues the other. */
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

/** After positions were summed or picked, the finest rows and columns left become the rows and columns. */
export function coarsen(axes: TracedAxes): TracedAxes {
  const finest = (of: Factor['of']) =>
    Math.min(...axes.flat().flatMap((factor) => (factor.of === of ? factor.stride : [])));
  const unit = { row: finest('row'), column: finest('column') };
  return axes.map((axis) =>
    axis.map((factor) =>
      factor.of === 'row' || factor.of === 'column'
        ? { ...factor, stride: factor.stride / unit[factor.of] }
        : factor,
    ),
  );
}

/** An axis resampled to another size along the same direction: pooled, padded, cropped, resized. */
export function resized(axes: TracedAxes, index: number, size: number): TracedAxis {
  const axis = axes[index];
  const [{ of } = { of: 'channel' as const }] = axis;
  const alone = axes.every((other, i) => i === index || other.every((factor) => factor.of !== of));
  const plain =
    axis.length === 0 || countsOnly(axis, 'channel') || (axis.length === 1 && of !== 'token' && alone);
  return axisOf(plain ? of : 'unknown', size);
}

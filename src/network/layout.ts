import { badOption } from '../errors.ts';
import type { Kernels, Volume } from '../kernels/index.ts';
import {
  axisOf,
  isSpace,
  lengthOf,
  type TokenGrid,
  tokenGridOf,
  type TracedAxes,
  type TracedAxis,
} from '../operators/axes.ts';
import type { FloatTensor } from '../runtime/tensor.ts';

/**
 * Order of channels and space in a value: [1, C, H, W], [1, H, W, C], or [1, prefix + H·W, C]. In the first two, space
 * may be a single axis, and axes of size 1 may be anywhere: the order of the numbers is the same.
 */
export interface Layout {
  readonly kind: 'nchw' | 'nhwc' | 'tokens';
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  /** Number of class and register tokens before those of the image. */
  readonly prefix: number;
}

/** A value as channels over space, without prefix tokens. */
export function toVolume({ data }: FloatTensor, layout: Layout, k: Kernels): Volume {
  const { kind, channels, height, width, prefix } = layout;
  const space = height * width;
  const grid = data.subarray(prefix * channels, (prefix + space) * channels);
  return { data: kind === 'nchw' ? grid : k.transpose(grid, space, channels), channels, height, width };
}

/** Layout of a model's image input. Of four axes, the last is the colors only if no other can be. */
export function layoutOfInput(dims: readonly number[]): Layout | undefined {
  if (dims.length !== 4) return undefined;
  const last = (dims[3] === 1 || dims[3] === 3) && dims[1] !== 1 && dims[1] !== 3;
  const [channels, height, width] = last ? [dims[3], dims[1], dims[2]] : dims.slice(1);
  return { kind: last ? 'nhwc' : 'nchw', channels, height, width, prefix: 0 };
}

/** The axes of an image in a layout. */
export function axesOfInput({ kind, channels, height, width }: Layout): TracedAxes {
  const space = [axisOf('row', height), axisOf('column', width)];
  const colors = axisOf('channel', channels);
  return kind === 'nhwc' ? [[], ...space, colors] : [[], colors, ...space];
}

/** Meaning of an axis, as a letter: rows, columns (x), their grid, channels. */
function letterOf(axis: TracedAxis): 'r' | 'x' | 'g' | 'c' {
  if (axis.some((factor) => !isSpace(factor))) return 'c';
  if (tokenGridOf(axis)) return 'g';
  return axis.length === 1 && axis[0].of === 'row' ? 'r' : axis.length === 1 ? 'x' : 'c';
}

/** Axis orders that form a map, without axes of size 1. */
const KINDS: Readonly<Record<string, Layout['kind']>> = {
  crx: 'nchw',
  rx: 'nchw',
  cr: 'nchw',
  cx: 'nchw',
  r: 'nchw',
  x: 'nchw',
  cg: 'nchw',
  g: 'nchw',
  rxc: 'nhwc',
  rc: 'nhwc',
  xc: 'nhwc',
  gc: 'tokens',
};

/**
 * Layout of a value, from the meaning of its axes; undefined unless they are one image's channels, rows and columns.
 */
export function layoutOf(axes: TracedAxes, dims: readonly number[]): Layout | undefined {
  if (dims[0] !== 1 || dims.length < 3 || dims.length > 4) return undefined;
  const long = axes.filter((_, i) => dims[i] > 1).map((axis) => ({ axis, letter: letterOf(axis) }));
  const kind = KINDS[long.map(({ letter }) => letter).join('')] as Layout['kind'] | undefined;
  if (!kind) return undefined;
  const channels = long.find(({ letter }) => letter === 'c')?.axis ?? [];
  const space = long.flatMap(({ axis, letter }) => (letter === 'c' ? [] : axis));
  // Rows and columns within a patch count as channels if they are finer than those of the map.
  const finer = channels.every(
    (factor) =>
      !isSpace(factor) || space.every(({ of, stride }) => of !== factor.of || stride > factor.stride),
  );
  if (!finer) return undefined;
  const side = (of: 'row' | 'column') => space.find((factor) => factor.of === of)?.size ?? 1;
  const { height, width, prefix } = space[0].grid ?? {
    height: side('row'),
    width: side('column'),
    prefix: 0,
  };
  if (kind === 'nchw' && space[0].grid) return undefined;
  return { kind, channels: lengthOf(channels), height, width, prefix };
}

/**
 * Parses a token grid: rows, columns, and the number of tokens before them.
 * @example parseTokens('14x14+1') // { height: 14, width: 14, prefix: 1 }
 * @throws {CamError} BAD_OPTION when the text is not a token grid.
 */
export function parseTokens(text: string): TokenGrid {
  const [, height, width, prefix = 0] = (/^(\d+)x(\d+)(?:\+(\d+))?$/i.exec(text.trim()) ?? []).map(Number);
  if (height > 0 && width > 0) return { height, width, prefix: prefix || 0 };
  throw badOption(
    'tokens',
    `"${text}" is not a token grid. Write rows x columns, plus the number of class and register tokens before them: 14x14+1.`,
  );
}

import { badOption } from '../errors.ts';
import { type Extent, extentOf, type Kernels, positionsOf, type Volume } from '../kernels/index.ts';
import {
  DIRECTIONS,
  type Factor,
  isSpace,
  lengthOf,
  type TokenGrid,
  tokenGridOf,
  type TracedAxes,
  type TracedAxis,
} from '../operators/axes.ts';
import type { FloatTensor } from '../runtime/tensor.ts';

/**
 * Order of channels and space in a value: channels first [1, C, (D,) H, W], channels last [1, (D,) H, W, C], channels
 * in each frame [1, D, C, H, W], or tokens [1, prefix + (D·)H·W, C]. Space may be a single axis, axes of size 1 may be
 * anywhere, and slices may stand in the place of the batch: the order of the numbers is the same.
 */
export interface Layout extends Readonly<Extent> {
  readonly kind: 'nchw' | 'nhwc' | 'frames' | 'tokens';
  readonly channels: number;
  /** Number of class and register tokens before those of the image. */
  readonly prefix: number;
}

/** A value as channels over space, without prefix tokens. */
export function toVolume({ data }: FloatTensor, layout: Layout, k: Kernels): Volume {
  const { channels, prefix } = layout;
  const size = positionsOf(layout);
  const part = data.subarray(prefix * channels, (prefix + size) * channels);
  return { ...extentOf(layout), data: ORDERS[layout.kind].first(part, layout, k), channels };
}

/** Channels over space [n, C, h, w] in a layer's layout; tokens outside the image are copied from `original`. */
export function inLayout(
  data: Float32Array,
  layout: Layout,
  original: Float32Array,
  k: Kernels,
): Float32Array {
  if (layout.kind === 'nchw') return data;
  const size = layout.channels * positionsOf(layout);
  const count = data.length / size;
  const out = new Float32Array(count * original.length);
  for (let n = 0; n < count; n++) {
    const one = ORDERS[layout.kind].back(data.subarray(n * size, (n + 1) * size), layout, k);
    out.set(original, n * original.length);
    out.set(one, n * original.length + layout.prefix * layout.channels);
  }
  return out;
}

type Reorder = (data: Float32Array, layout: Layout, k: Kernels) => Float32Array;

/** The numbers of a layout with the channels first, and back. */
interface Order {
  readonly first: Reorder;
  readonly back: Reorder;
}

const CHANNELS_LAST: Order = {
  first: (data, layout, k) => k.transpose(data, positionsOf(layout), layout.channels),
  back: (data, layout, k) => k.transpose(data, layout.channels, positionsOf(layout)),
};

const ORDERS: Readonly<Record<Layout['kind'], Order>> = {
  nchw: { first: (data) => data, back: (data) => data },
  nhwc: CHANNELS_LAST,
  tokens: CHANNELS_LAST,
  frames: {
    first: (data, { channels, depth = 1, height, width }) => swapped(data, depth, channels, height * width),
    back: (data, { channels, depth = 1, height, width }) => swapped(data, channels, depth, height * width),
  },
};

/** [rows, columns, size] to [columns, rows, size]. */
function swapped(data: Float32Array, rows: number, columns: number, size: number): Float32Array {
  const out = new Float32Array(data.length);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const from = (row * columns + column) * size;
      out.set(data.subarray(from, from + size), (column * rows + row) * size);
    }
  }
  return out;
}

/** Meaning of an axis, as a letter: slices, rows, columns (x), their grid, channels. */
function letterOf(axis: TracedAxis): 's' | 'r' | 'x' | 'g' | 'c' {
  if (axis.some((factor) => !isSpace(factor))) return 'c';
  if (tokenGridOf(axis)) return 'g';
  const letters = { slice: 's', row: 'r', column: 'x' } as const;
  const [{ of }] = axis;
  return axis.length === 1 && of in letters ? letters[of as keyof typeof letters] : 'c';
}

/** Axis orders that form a map, without axes of size 1. */
const KINDS: readonly (readonly [RegExp, Layout['kind']])[] = [
  [/^c?(s?r?x?|s?g)$/, 'nchw'],
  [/^(s?r?x?|sg)c$/, 'nhwc'],
  [/^sc(r?x?|g)$/, 'frames'],
  [/^gc$/, 'tokens'],
];

/**
 * Layout of a value, from the meaning of its axes; undefined unless they are the channels, slices, rows and columns of
 * one input.
 */
export function layoutOf(axes: TracedAxes, dims: readonly number[]): Layout | undefined {
  if (dims.length < 3 || dims.length > 5) return undefined;
  const long = axes.filter((_, i) => dims[i] > 1).map((axis) => ({ axis, letter: letterOf(axis) }));
  const order = long.map(({ letter }) => letter).join('');
  // The first axis is the batch, unless the frames of a video are one.
  if (dims[0] !== 1 && !order.startsWith('s')) return undefined;
  const kind = KINDS.find(([pattern]) => pattern.test(order))?.[1];
  const channels = long.find(({ letter }) => letter === 'c')?.axis ?? [];
  const space = long.flatMap(({ axis, letter }) => (letter === 'c' ? [] : axis));
  if (!kind || space.length === 0) return undefined;
  // Rows and columns within a patch count as channels if they are finer than those of the map.
  const finer = channels.every(
    (factor) =>
      !isSpace(factor) || space.every(({ of, stride }) => of !== factor.of || stride > factor.stride),
  );
  if (!finer) return undefined;
  const grid = space.find((factor) => factor.grid)?.grid;
  // Tokens outside the image have to stand before all others.
  if (grid && kind !== 'tokens') return undefined;
  const side = (of: Factor['of']) => space.find((factor) => factor.of === of)?.size;
  const [depth, height = 1, width = 1] = DIRECTIONS.map(side);
  const extent = grid ?? { ...(depth !== undefined && { depth }), height, width };
  return { kind, channels: lengthOf(channels), ...extentOf(extent), prefix: grid?.prefix ?? 0 };
}

/**
 * Parses a token grid: rows, columns, and the number of tokens before them; slices or frames may come first.
 * @example parseTokens('14x14+1') // { height: 14, width: 14, prefix: 1 }
 * @throws {CamError} BAD_OPTION when the text is not a token grid.
 */
export function parseTokens(text: string): TokenGrid {
  const [, depth, height, width, prefix] = (
    /^(?:(\d+)x)?(\d+)x(\d+)(?:\+(\d+))?$/i.exec(text.trim()) ?? []
  ).map((size = '') => (size === '' ? undefined : Number(size)));
  if (depth !== 0 && height && width)
    return { ...(depth !== undefined && { depth }), height, width, prefix: prefix ?? 0 };
  throw badOption(
    'tokens',
    `"${text}" is not a token grid. Write rows x columns, plus the number of class and register tokens before them: 14x14+1.`,
  );
}

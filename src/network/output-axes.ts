import { isSpace } from '../operators/axes.ts';
import { sizeOf } from '../runtime/tensor.ts';
import { traceAxes } from './axes.ts';
import { type InputForm, layoutOfInput } from './input-layout.ts';
import type { Network } from './network.ts';

/** The class axis of an output, its size, and the number of positions of each class. */
export interface OutputAxes {
  readonly axis: number;
  readonly channels: number;
  readonly positions: number;
  /** Whether space is all that follows the batch: [N, H, W]. */
  readonly isPlane: boolean;
}

/**
 * The class axis: neither rows nor columns of the image. Of several, the channels in [1, C, H, W] and its like, or the last: [1,
 * boxes, C], [1, anchors, H, W, C].
 */
export function axesFor(network: Network, input: string, value: string): OutputAxes {
  const dims = network.facts.dims.get(value) ?? [];
  const image = layoutOfInput(network.model, input, network.facts.dims.get(input));
  const long = dims.flatMap((size, axis) => (size > 1 ? [axis] : []));
  const isSignal = image?.form === 'signal';
  const traced = long.length > 1 || isSignal ? traceAxes(network, input, value).get(value) : undefined;
  const apart = long.filter((axis) => !traced?.[axis].every(isSpace));
  const allSpace = apart.length === 0 && long.length >= (isSignal ? 1 : 2);
  const isMap = allSpace || (long.length === 2 && isMapByShape(dims, long, image));
  const at = (axis: number): OutputAxes => {
    const channels = dims[axis] ?? 1;
    return {
      axis,
      channels,
      positions: sizeOf(dims) / channels,
      isPlane: isMap && dims.every((size, i) => i === 0 || size > 1),
    };
  };
  // One map of the image: [1, 1, H, W], [1, H, W, 1], [1, H, W]; of a signal [1, 1, L], of a volume [1, 1, D, H, W].
  if (isMap) return at(dims.findLastIndex((_, axis) => !long.includes(axis)));
  const [first = Math.max(0, dims.length - 1), ...others] = apart.length > 0 ? apart : long;
  const asImage = dims.length === RANKS[image?.form ?? 'image'] && first === 1 && image?.kind !== 'nhwc';
  return at(asImage ? first : (others.at(-1) ?? first));
}

/** Number of axes of a dense output, by what the input holds. */
const RANKS: Readonly<Record<InputForm, number>> = { signal: 3, image: 4, volume: 5 };

/** Whether four axes with one channel, whose origin is unknown, have the proportions of the image. */
function isMapByShape(
  dims: readonly number[],
  [rows, columns]: readonly number[],
  image: { readonly height: number; readonly width: number } | undefined,
): boolean {
  if (image === undefined || dims.length !== 4 || columns !== rows + 1) return false;
  return dims[rows] * image.width === dims[columns] * image.height;
}

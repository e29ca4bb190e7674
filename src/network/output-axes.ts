import { isSpace } from '../operators/axes.ts';
import { sizeOf } from '../runtime/tensor.ts';
import { traceAxes } from './axes.ts';
import { layoutOfInput } from './layout.ts';
import type { Network } from './network.ts';

/** The class axis of an output, its size, and the number of positions of each class. */
export interface OutputAxes {
  readonly axis: number;
  readonly channels: number;
  readonly positions: number;
  /** Whether rows and columns of the image are the only axes: [N, H, W]. */
  readonly isPlane: boolean;
}

/**
 * The class axis: neither rows nor columns of the image. Of several, the channels in [1, C, H, W], or the last: [1,
 * boxes, C], [1, anchors, H, W, C].
 */
export function axesFor(network: Network, input: string, value: string): OutputAxes {
  const dims = network.facts.dims.get(value) ?? [];
  const image = layoutOfInput(network.facts.dims.get(input) ?? []);
  const long = dims.flatMap((size, axis) => (size > 1 ? [axis] : []));
  const traced = long.length > 1 ? traceAxes(network, input, value).get(value) : undefined;
  const apart = long.filter((axis) => !traced?.[axis].every(isSpace));
  const isMap = long.length === 2 && (apart.length === 0 || isMapByShape(dims, long, image));
  const at = (axis: number): OutputAxes => {
    const channels = dims[axis] ?? 1;
    return { axis, channels, positions: sizeOf(dims) / channels, isPlane: isMap && dims.length < 4 };
  };
  // One map of the image: [1, 1, H, W], [1, H, W, 1], [1, H, W].
  if (isMap) return at(dims.findLastIndex((_, axis) => !long.includes(axis)));
  const [first = Math.max(0, dims.length - 1), ...others] = apart.length > 0 ? apart : long;
  const asImage = dims.length === 4 && first === 1 && image?.kind !== 'nhwc';
  return at(asImage ? first : (others.at(-1) ?? first));
}

/** Whether four axes with one channel, whose origin is unknown, have the proportions of the image. */
function isMapByShape(
  dims: readonly number[],
  [rows, columns]: readonly number[],
  image: { readonly height: number; readonly width: number } | undefined,
): boolean {
  if (image === undefined || dims.length !== 4 || columns !== rows + 1) return false;
  return dims[rows] * image.width === dims[columns] * image.height;
}

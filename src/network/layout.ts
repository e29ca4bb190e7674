import type { Kernels, Volume } from '../kernels/index.ts';
import type { FloatTensor } from '../runtime/tensor.ts';

/** How channels and space lie in a value: [1, C, H, W], [1, H, W, C], or [1, prefix + H·W, C]. */
export interface Layout {
  readonly kind: 'nchw' | 'nhwc' | 'tokens';
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  /** Tokens before those of the picture: class and register tokens. */
  readonly prefix: number;
}

/** A value as channels over space; prefix tokens are left out. */
export function toVolume({ data }: FloatTensor, layout: Layout, k: Kernels): Volume {
  const { kind, channels, height, width, prefix } = layout;
  const space = height * width;
  const grid = data.subarray(prefix * channels, (prefix + space) * channels);
  return { data: kind === 'nchw' ? grid : k.transpose(grid, space, channels), channels, height, width };
}

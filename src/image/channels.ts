import { CamError } from '../errors.ts';
import type { Volume } from '../kernels/index.ts';
import type { Picture } from './source.ts';

/** The color channels of a tensor, in their order. */
export type ColorChannels = 'rgb' | 'bgr' | 'gray';

type ChannelMix = readonly [red: number, green: number, blue: number];

/** Weights of red, green and blue in each channel of a tensor; gray is ITU-R BT.601 luma, as in Pillow. */
export const MIXES: Record<ColorChannels, readonly ChannelMix[]> = {
  rgb: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  bgr: [
    [0, 0, 1],
    [0, 1, 0],
    [1, 0, 0],
  ],
  gray: [[0.299, 0.587, 0.114]],
};

/** The tensor channel that is seen as red, as green and as blue. */
const SEEN: Record<ColorChannels, readonly [red: number, green: number, blue: number]> = {
  rgb: [0, 1, 2],
  bgr: [2, 1, 0],
  gray: [0, 0, 0],
};

/**
 * The picture of a tensor [channels, height, width], each element turned into a byte (clamped) by `shade`; NaN is 0.
 * @throws {CamError} BAD_TENSOR when the tensor has another number of channels.
 */
export function paint(
  { data, channels: count, height, width }: Volume,
  channels: ColorChannels,
  shade: (value: number, channel: number) => number,
): Picture {
  if (count !== MIXES[channels].length) {
    throw new CamError(
      'BAD_TENSOR',
      `${count} channel(s) cannot be shown as ${channels}. Write them as .npy instead.`,
    );
  }
  const size = height * width;
  const pixels = new Uint8ClampedArray(4 * size).fill(255);
  SEEN[channels].forEach((channel, c) => {
    for (let i = 0; i < size; i++) pixels[4 * i + c] = shade(data[channel * size + i]!, channel);
  });
  return { data: pixels, width, height };
}

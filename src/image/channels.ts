import { CamError } from '../errors.ts';
import type { Volume } from '../kernels/index.ts';
import type { Picture } from './source.ts';

/** Order of a tensor's color channels. */
export type ColorChannels = 'rgb' | 'bgr' | 'gray';

type ChannelMix = readonly [red: number, green: number, blue: number];

/** Weights of red, green and blue per tensor channel; gray is ITU-R BT.601 luma, as in Pillow. */
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

/** The tensor channel shown as red, green and blue. */
const SEEN: Record<ColorChannels, readonly [red: number, green: number, blue: number]> = {
  rgb: [0, 1, 2],
  bgr: [2, 1, 0],
  gray: [0, 0, 0],
};

const IN_ORDER: Readonly<Record<ColorChannels, (rgb: readonly number[]) => number[]>> = {
  rgb: (rgb) => [...rgb],
  bgr: (rgb) => rgb.toReversed(),
  gray: (rgb) => [rgb.reduce((a, b) => a + b) / rgb.length],
};

/** Numbers of red, green and blue in the order of `channels`; their average for gray. A single number is that of all. */
export const inOrder = (rgb: readonly number[], channels: ColorChannels): number[] =>
  rgb.length === 1 ? [...rgb] : IN_ORDER[channels](rgb);

/**
 * Draws a tensor [channels, height, width]. `shade` turns each element into a byte (clamped); NaN is 0.
 * @throws {CamError} BAD_TENSOR when the number of channels does not match.
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

import { badOption } from '../errors.ts';
import type { Kernels, Plane, Volume } from '../kernels/index.ts';
import { type ColorChannels, paint } from './channels.ts';
import { type ColormapInput, colorTable, DEFAULT_COLORMAP } from './colormaps.ts';
import type { Picture } from './source.ts';

/** Drawing options of a heatmap. */
export interface OverlayOptions {
  /** Id of a color map, or a custom function or table. Default `turbo`. */
  colormap?: ColormapInput;
  /** Opacity of the heatmap, 0 to 1. Default 0.5, or 1 without an image. */
  alpha?: number;
  /**
   * Channels of a tensor to draw, from 1: one as gray or three as red, green and blue, each stretched between its 2nd
   * and 98th percentile; any number of a signal's. Default: the one or three there are, or else the heatmap alone.
   */
  bands?: readonly number[];
  /** Slices of a volume or frames of a video to draw, from 1. Default: a sheet of at most 16 at equal distances. */
  slice?: number | readonly number[];
}

/** Opacity of the heatmap. */
export const DEFAULT_ALPHA = 0.5;

/**
 * (1 - alpha) picture + alpha color(heatmap). The heatmap is in [0, 1], at the picture's size; it is not rescaled, so
 * overlays are comparable.
 * @throws {CamError} BAD_OPTION for an unknown color map, or an alpha outside 0 to 1.
 */
export function blend(
  picture: Picture,
  heatmap: Plane,
  { colormap = DEFAULT_COLORMAP, alpha = DEFAULT_ALPHA }: OverlayOptions,
  kernels: Kernels,
): Picture {
  if (!(alpha >= 0 && alpha <= 1))
    throw badOption('alpha', `\`alpha\` is ${alpha}: it takes a number from 0 to 1.`);
  const { width, height } = picture;
  const data = kernels.overlay(picture.data, heatmap, colorTable(colormap), alpha);
  return { data, width, height };
}

/** Share of magnitudes that keep their contrast; scaling to the largest few would leave the rest gray. */
const KEPT = 0.995;

/**
 * A signed map [C, H, W] centered on gray: 0 is 128, and the 99.5th percentile of magnitudes maps to 1 or 255. Three
 * channels are colors in the order of `channels`; one is gray.
 * @throws {CamError} BAD_TENSOR unless there are 1 or 3 channels.
 */
export function signedPicture(
  map: Volume,
  channels: ColorChannels = map.channels === 1 ? 'gray' : 'rgb',
): Picture {
  const magnitudes = map.data.map(Math.abs).sort();
  const full = magnitudes[Math.ceil(KEPT * magnitudes.length) - 1] || (magnitudes.at(-1) ?? 0);
  return paint(map, channels, (value) => 128 + (full > 0 ? (127 * value) / full : 0));
}

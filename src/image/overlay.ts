import { CamError } from '../errors.ts';
import type { Kernels, Plane, Volume } from '../kernels/index.ts';
import { COLORMAPS, DEFAULT_COLORMAP, type ColormapId } from './colormaps.ts';
import { paint, type ColorChannels } from './channels.ts';
import type { Picture } from './source.ts';

export interface OverlayOptions {
  colormap?: ColormapId;
  /** How much of the colour shows: 0 is the picture alone, 1 the heatmap alone; 0.5 by default. */
  alpha?: number;
}

/**
 * (1 - alpha) picture + alpha colour(heatmap), unscaled, so that two overlays can be compared.
 * The heatmap is in [0,1], at the picture's size.
 * Throws `BAD_OPTION` for a colour map that is none, or an alpha outside of 0 to 1.
 */
export function overlay(
  picture: Picture,
  heatmap: Plane,
  options: OverlayOptions,
  kernels: Kernels,
): Picture {
  const { colormap = DEFAULT_COLORMAP, alpha = 0.5 } = options;
  if (!Object.hasOwn(COLORMAPS, colormap))
    throw bad(`colormap is "${String(colormap)}": choose ${Object.keys(COLORMAPS).join(', ')}.`);
  if (!(alpha >= 0 && alpha <= 1)) throw bad(`alpha is ${alpha}: a number from 0 to 1 is needed.`);
  const { width, height } = picture;
  const data = kernels.overlay(picture.data, heatmap, COLORMAPS[colormap].table(), alpha);
  return { data, width, height };
}

/** Share of the magnitudes that keep their contrast: the few largest would leave the others grey. */
const KEPT = 0.995;

/**
 * A signed map [C, H, W] centred on grey: 0 is 128, and the 99.5th percentile of the magnitudes reaches 1 or 255.
 * Three channels are a colour picture, in the order that `channels` says; one is grey.
 * Throws `BAD_TENSOR` for other than 1 or 3 channels.
 */
export function signedPicture(
  map: Volume,
  channels: ColorChannels = map.channels === 1 ? 'gray' : 'rgb',
): Picture {
  const magnitudes = map.data.map(Math.abs).sort();
  const full = magnitudes[Math.ceil(KEPT * magnitudes.length) - 1] || (magnitudes.at(-1) ?? 0);
  return paint(map, channels, (value) => 128 + (full > 0 ? (127 * value) / full : 0));
}

const bad = (message: string): CamError => new CamError('BAD_OPTION', message);

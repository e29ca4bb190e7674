import { badOption, CamError, formatValue } from '../errors.ts';
import { encode } from '../image/encode.ts';
import { outlined } from '../image/outline.ts';
import type { OverlayOptions } from '../image/overlay.ts';
import { pictureOf } from '../image/preprocess.ts';
import type { Picture } from '../image/source.ts';
import { sharedKernels } from '../kernels/index.ts';
import { checkOptions } from '../options/check.ts';
import type { Explanation, HeatmapRange } from '../types.ts';
import { DRAWINGS } from './drawings.ts';
import { rescaled } from './heatmap.ts';

/**
 * Draws an explanation at the image's size: the heatmap blended over the image, or what its method `shows` instead. A
 * signal becomes a plot, and a volume or video a sheet of slices.
 * Cheap: the model does not run again, so call it for every change of color map or alpha.
 *
 * @example
 * const { data, width, height } = await overlay(explanation, { colormap: 'viridis', alpha: 0.4 });
 * canvas.getContext('2d').putImageData(new ImageData(data, width, height), 0, 0);
 * @throws {CamError} BAD_OPTION for an unknown color map or option, or an alpha outside 0 to 1.
 */
export async function overlay(explanation: Explanation, options: OverlayOptions = {}): Promise<Picture> {
  checkOptions(options, 'overlay');
  return drawing(explanation, options);
}

/** The overlay, with the box of an explained detection. */
async function drawing(explanation: Explanation, options: OverlayOptions): Promise<Picture> {
  const { image, target } = explanation;
  const picture = DRAWINGS[image.form](explanation, options, await sharedKernels());
  const { detection } = target;
  return detection && explanation.shows !== 'image' ? outlined(picture, detection.box) : picture;
}

/**
 * Rescales the heatmap so that 0 and 1 correspond to `range`: a common range makes the heatmaps of several images
 * comparable. Values outside are clipped.
 *
 * @example
 * const low = Math.min(a.range[0], b.range[0]);
 * const high = Math.max(a.range[1], b.range[1]);
 * const comparable = [onScale(a, [low, high]), onScale(b, [low, high])];
 * @throws {CamError} BAD_OPTION unless the range is two numbers in ascending order.
 */
export function onScale<Result extends Explanation>(explanation: Result, range: HeatmapRange): Result {
  const [low, high] = range;
  if (!(Number.isFinite(low) && Number.isFinite(high) && low <= high))
    throw badOption('range', `\`range\` is [${low}, ${high}]. It takes two numbers in ascending order.`);
  return { ...explanation, heatmap: rescaled(explanation.heatmap, explanation.range, range), range };
}

/**
 * Encodes an explanation's overlay, or any picture, as PNG.
 *
 * @example
 * await writeFile('cat.png', await toPNG(explanation, { colormap: 'viridis' }));
 * @throws {CamError} BAD_OPTION for an unknown color map or option, or an alpha outside 0 to 1.
 */
export async function toPNG(of: Explanation | Picture, options: OverlayOptions = {}): Promise<Uint8Array> {
  checkOptions(options, 'overlay');
  return encode(await drawnOf(of, options), 'png');
}

/**
 * Encodes an explanation's overlay, or any picture, as JPEG; `quality` is 1 to 100, 90 by default.
 *
 * @example
 * await writeFile('cat.jpg', await toJPEG(explanation, { quality: 80 }));
 * @throws {CamError} BAD_OPTION for an unknown color map or option, an alpha outside 0 to 1, or a quality outside 1 to 100.
 * @throws {CamError} OUTPUT when the runtime has no JPEG encoder (Workers).
 */
export async function toJPEG(
  of: Explanation | Picture,
  options: OverlayOptions & { readonly quality?: number } = {},
): Promise<Uint8Array> {
  checkOptions(options, 'toJPEG');
  const { quality, ...colors } = options;
  return encode(await drawnOf(of, colors), 'jpg', quality);
}

/** @throws {CamError} BAD_IMAGE for anything other than an explanation or picture. */
async function drawnOf(of: Explanation | Picture, options: OverlayOptions): Promise<Picture> {
  if (typeof of !== 'object' || of === null)
    throw new CamError('BAD_IMAGE', `${formatValue(of)} cannot be drawn. Pass an explanation or pixels.`);
  return 'shows' in of ? drawing(of, options) : pictureOf(of);
}

import { badOption, CamError, formatValue } from '../errors.ts';
import { conceptPicture } from '../image/concepts.ts';
import { encode } from '../image/encode.ts';
import { outlined } from '../image/outline.ts';
import { blend, type OverlayOptions, signedPicture } from '../image/overlay.ts';
import { carryBack } from '../image/placement.ts';
import { pictureOf, toPicture } from '../image/preprocess.ts';
import type { Picture } from '../image/source.ts';
import { type Kernels, type Plane, sharedKernels, type Volume } from '../kernels/index.ts';
import { checkOptions } from '../options/check.ts';
import type { ExplainedImage, Explanation, HeatmapRange } from '../types.ts';
import { rescaled } from './heatmap.ts';

/** Default color map of signed maps. */
const DIVERGING = 'coolwarm';

/**
 * Draws an explanation at the image's size: the heatmap blended over the image, or what its method `shows` instead.
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
  const picture = await mapDrawing(explanation, options);
  const { detection } = explanation.target;
  return detection && explanation.shows !== 'image' ? outlined(picture, detection.box) : picture;
}

async function mapDrawing(
  { shows, raw, image, heatmap, signed }: Explanation,
  options: OverlayOptions,
): Promise<Picture> {
  const { preprocessing } = image;
  const kernels = await sharedKernels();
  if (shows === 'signed') return signedPicture(atImageSize(image, raw[0], kernels), preprocessing?.channels);
  if (shows === 'image' && preprocessing) return toPicture(raw[0], preprocessing);
  const background = image.picture ?? (image.input && signedPicture(image.input)) ?? grayOf(heatmap);
  if (shows === 'concepts')
    return conceptPicture(background, planesAtImageSize(image, raw[0], kernels), options.alpha);
  const colormap = options.colormap ?? (signed ? DIVERGING : undefined);
  return blend(background, heatmap, { ...options, colormap }, kernels);
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

/** The channels of a map, each at the image's size. */
function planesAtImageSize(
  { placement }: ExplainedImage,
  { data, channels, height, width }: Volume,
  kernels: Kernels,
): Plane[] {
  const size = height * width;
  return Array.from({ length: channels }, (_, c) =>
    carryBack({ data: data.subarray(c * size, (c + 1) * size), height, width }, placement, kernels),
  );
}

function atImageSize(image: ExplainedImage, map: Volume, kernels: Kernels): Volume {
  const planes = planesAtImageSize(image, map, kernels);
  const [{ height, width }] = planes;
  const data = new Float32Array(map.channels * height * width);
  planes.forEach((plane, c) => data.set(plane.data, c * height * width));
  return { data, channels: map.channels, height, width };
}

/** Plain gray, for an input that is not an image. */
const grayOf = ({ width, height }: Plane): Picture => ({
  data: new Uint8ClampedArray(4 * width * height).map((_, at) => (at % 4 === 3 ? 255 : 128)),
  width,
  height,
});

import { conceptPicture } from '../image/concepts.ts';
import { encode } from '../image/encode.ts';
import { blend, type OverlayOptions, signedPicture } from '../image/overlay.ts';
import { carryBack } from '../image/placement.ts';
import { toPicture } from '../image/preprocess.ts';
import type { Picture } from '../image/source.ts';
import { type Kernels, type Plane, sharedKernels, type Volume } from '../kernels/index.ts';
import type { ExplainedImage, Explanation, HeatmapRange } from '../types.ts';
import { rescaled } from './heatmap.ts';

/** Colors for maps with a sign. */
const DIVERGING = 'coolwarm';

/**
 * The picture that shows an explanation, at the image's size: the heatmap blended over the image, or what its method
 * `shows` instead. Nothing runs again: call it for every change of color map or alpha.
 *
 * @example
 * const { data, width, height } = await overlay(explanation, { colormap: 'viridis', alpha: 0.4 });
 * canvas.getContext('2d').putImageData(new ImageData(data, width, height), 0, 0);
 * @throws {CamError} BAD_OPTION for a color map or alpha that does not exist.
 */
export async function overlay(
  { shows, raw, image, heatmap, signed }: Explanation,
  options: OverlayOptions = {},
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
 * The same explanation with a heatmap in which 0 and 1 stand for `range`: one range for several images makes their
 * heatmaps comparable. Values beyond it are clipped.
 *
 * @example
 * const low = Math.min(a.range[0], b.range[0]);
 * const high = Math.max(a.range[1], b.range[1]);
 * const comparable = [onScale(a, [low, high]), onScale(b, [low, high])];
 */
export function onScale<Result extends Explanation>(explanation: Result, range: HeatmapRange): Result {
  return { ...explanation, heatmap: rescaled(explanation.heatmap, explanation.range, range), range };
}

/**
 * PNG bytes of an explanation's overlay, or of any picture.
 *
 * @example
 * await writeFile('cat.png', await toPNG(explanation, { colormap: 'viridis' }));
 * @throws {CamError} BAD_OPTION for a color map or alpha that does not exist.
 */
export const toPNG = async (of: Explanation | Picture, options?: OverlayOptions): Promise<Uint8Array> =>
  encode(await drawnOf(of, options), 'png');

/**
 * JPEG bytes of an explanation's overlay, or of any picture; `quality` is 1 to 100, 90 by default.
 *
 * @example
 * await writeFile('cat.jpg', await toJPEG(explanation, { quality: 80 }));
 * @throws {CamError} BAD_OPTION for a color map or alpha that does not exist.
 * @throws {CamError} OUTPUT in Workers, which have no JPEG encoder.
 */
export const toJPEG = async (
  of: Explanation | Picture,
  { quality, ...options }: OverlayOptions & { readonly quality?: number } = {},
): Promise<Uint8Array> => encode(await drawnOf(of, options), 'jpg', quality);

const drawnOf = async (of: Explanation | Picture, options?: OverlayOptions): Promise<Picture> =>
  'shows' in of ? overlay(of, options) : of;

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

import { CamError } from '../errors.ts';
import type { Preprocessing } from './preprocess.ts';

type ConfigSize = number | { height?: number; width?: number; shortest_edge?: number };

/** Fields of a Hugging Face `preprocessor_config.json` used by image classifiers. */
interface PreprocessorConfig {
  do_resize?: boolean;
  size?: ConfigSize;
  do_center_crop?: boolean;
  crop_size?: ConfigSize;
  do_rescale?: boolean;
  rescale_factor?: number;
  rescale_offset?: boolean;
  do_normalize?: boolean;
  image_mean?: number[];
  image_std?: number[];
  do_flip_channel_order?: boolean;
}

/**
 * Preprocessing from a Hugging Face `preprocessor_config.json`; absent settings stay absent. A resize by the shortest
 * edge, or a center crop, becomes `crop` to the final size: the margin that some models cut off between the two (256 to
 * 224) is kept, as part of the explained image. Bicubic and Lanczos become bilinear.
 * @throws {CamError} BAD_MODEL when the text is not a JSON object.
 */
export function readPreprocessorConfig(json: string): Partial<Preprocessing> {
  const config = parse(json);
  return { ...configSize(config), ...range(config), ...normalization(config), ...order(config) };
}

function parse(json: string): PreprocessorConfig {
  try {
    const config: unknown = JSON.parse(json);
    if (typeof config === 'object' && config !== null && !Array.isArray(config)) return config;
    throw new TypeError('it is not an object');
  } catch (cause) {
    throw new CamError(
      'BAD_MODEL',
      `preprocessor_config.json cannot be read: ${(cause as Error).message}. Correct or remove it.`,
      { cause },
    );
  }
}

function configSize({
  do_resize,
  size,
  do_center_crop,
  crop_size,
}: PreprocessorConfig): Partial<Preprocessing> {
  if (do_center_crop && crop_size !== undefined) return { ...sides(crop_size), fit: 'crop' };
  if (do_resize === false || size === undefined) return {};
  const byShortestEdge = typeof size === 'object' && size.shortest_edge !== undefined;
  return { ...sides(size), fit: byShortestEdge || do_center_crop ? 'crop' : 'stretch' };
}

function sides(size: ConfigSize): Partial<Preprocessing> {
  if (typeof size === 'number') return { height: size, width: size };
  const height = size.height ?? size.shortest_edge;
  const width = size.width ?? size.shortest_edge;
  return height === undefined || width === undefined ? {} : { height, width };
}

function range(config: PreprocessorConfig): Partial<Preprocessing> {
  const { do_rescale, rescale_factor = 1 / 255, rescale_offset } = config;
  if (do_rescale === undefined && config.rescale_factor === undefined) return {};
  if (do_rescale === false) return { range: [0, 255] };
  const white = 255 * rescale_factor;
  return { range: rescale_offset ? [-1, white - 1] : [0, white] };
}

function normalization({ do_normalize, image_mean, image_std }: PreprocessorConfig): Partial<Preprocessing> {
  if (do_normalize === false) return { mean: [0, 0, 0], std: [1, 1, 1] };
  return { ...(image_mean && { mean: image_mean }), ...(image_std && { std: image_std }) };
}

function order({ do_flip_channel_order }: PreprocessorConfig): Partial<Preprocessing> {
  return do_flip_channel_order ? { channels: 'bgr' } : {};
}

import { encode } from '../image/encode.ts';
import { writeNpy } from '../image/npy.ts';
import type { OverlayOptions } from '../image/overlay.ts';
import { METHOD_ROWS } from '../methods/index.ts';
import type { Format } from '../options/options.ts';
import type { Explanation, Extent, InputForm } from '../types.ts';
import { rawDrawing } from './drawings.ts';
import { collapsed, collapseOf } from './heatmap.ts';
import { overlay } from './overlay.ts';

/** How a result is written; `raw` selects the raw maps instead of the heatmap. */
export interface ArtifactOptions extends OverlayOptions {
  readonly raw: boolean;
}

/** An array of numbers, row-major. */
export interface MapArray {
  readonly dims: readonly number[];
  readonly data: Float32Array;
}

/**
 * The numbers of a result: the heatmap ([H, W]; [L] for a signal, [D, H, W] for a volume or video), the signed map of methods that show one, or the raw maps.
 *
 * @example
 * const [{ dims, data }] = mapsOf(explanation, false);
 * await writeFile('map.npy', writeNpy(dims, data));
 */
export function mapsOf(explanation: Explanation, raw: boolean): readonly MapArray[] {
  if (raw || explanation.shows !== 'heatmap') return rawArrays(explanation);
  const { heatmap, image } = explanation;
  return [{ dims: spaceDims(image.form, heatmap), data: heatmap.data }];
}

/**
 * The raw maps as arrays: [h, w] per layer, or [C, H, W] at the input. Those of signals and volumes have the axes of space
 * alone, [l] or [d, h, w], unless the method shows each channel.
 *
 * @example
 * rawArrays(explanation).map(({ dims }) => dims); // [[7, 7]]
 */
export function rawArrays({ method: id, raw, image, shows, signed }: Explanation): MapArray[] {
  const method = METHOD_ROWS[id];
  return raw.map((map) => {
    const space = spaceDims(image.form, map);
    if (method.level === 'layer') return { dims: space, data: map.data };
    if (image.form === 'image' || shows !== 'heatmap')
      return { dims: [map.channels, ...space], data: map.data };
    return { dims: space, data: collapsed(map, collapseOf(method, signed)).data };
  });
}

/** The axes of space that an input of this form has. */
const spaceDims = (form: InputForm, { depth = 1, height, width }: Extent): number[] =>
  form === 'volume' ? [depth, height, width] : form === 'signal' && height === 1 ? [width] : [height, width];

/** Encodes map number `map` of an explanation; `json` describes the result around its numbers. */
export type WriteResult = (
  explanation: Explanation,
  map: number,
  options: ArtifactOptions,
  json: (map: MapArray) => object,
) => Promise<Uint8Array | string> | Uint8Array | string;

const picture =
  (format: 'png' | 'jpg'): WriteResult =>
  async (explanation, map, { raw, ...options }) =>
    encode(raw ? rawDrawing(explanation, map, options) : await overlay(explanation, options), format);

/**
 * Encoders of a result by format.
 *
 * @example
 * const bytes = await WRITERS.png(explanation, 0, { raw: false }, () => ({}));
 */
export const WRITERS: Readonly<Record<Format, WriteResult>> = {
  png: picture('png'),
  jpg: picture('jpg'),
  npy: (explanation, map, { raw }) => {
    const { dims, data } = mapsOf(explanation, raw)[map];
    return writeNpy(dims, data);
  },
  json: (explanation, map, { raw }, json) => `${JSON.stringify(json(mapsOf(explanation, raw)[map]))}\n`,
};

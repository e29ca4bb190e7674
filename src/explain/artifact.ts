import { encode } from '../image/encode.ts';
import { writeNpy } from '../image/npy.ts';
import { type OverlayOptions, signedPicture } from '../image/overlay.ts';
import { METHODS } from '../methods/index.ts';
import type { Format } from '../options/options.ts';
import type { Explanation } from '../types.ts';
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
 * The numbers of a result: the heatmap [H, W], the signed map of methods that show one, or the raw maps.
 *
 * @example
 * const [{ dims, data }] = mapsOf(explanation, false);
 * await writeFile('map.npy', writeNpy(dims, data));
 */
export function mapsOf(explanation: Explanation, raw: boolean): readonly MapArray[] {
  if (raw || explanation.shows !== 'heatmap') return rawArrays(explanation);
  const { data, height, width } = explanation.heatmap;
  return [{ dims: [height, width], data }];
}

/**
 * The raw maps as arrays: [h, w] per layer, or [C, H, W] at the input.
 *
 * @example
 * rawArrays(explanation).map(({ dims }) => dims); // [[7, 7]]
 */
export const rawArrays = ({ method, raw }: Explanation): MapArray[] =>
  raw.map(({ data, channels, height, width }) => ({
    dims: METHODS[method].level === 'layer' ? [height, width] : [channels, height, width],
    data,
  }));

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
    encode(raw ? signedPicture(explanation.raw[map]) : await overlay(explanation, options), format);

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

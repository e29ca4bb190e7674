import { encode } from '../image/encode.ts';
import { writeNpy } from '../image/npy.ts';
import { type OverlayOptions, signedPicture } from '../image/overlay.ts';
import { METHODS } from '../methods/index.ts';
import type { Format } from '../options/options.ts';
import type { Explanation } from '../types.ts';
import { overlay } from './overlay.ts';

export interface ArtifactOptions extends OverlayOptions {
  readonly raw: boolean;
}

/** An array as a result holds it. */
export interface MapArray {
  readonly dims: readonly number[];
  readonly data: Float32Array;
}

/** The numbers of a result: heatmap [H, W], or the signed map of methods that show one, or the raw maps. */
export function mapsOf(explanation: Explanation, raw: boolean): readonly MapArray[] {
  if (raw || explanation.shows !== 'heatmap') return rawArrays(explanation);
  const { data, height, width } = explanation.heatmap;
  return [{ dims: [height, width], data }];
}

/** The raw maps as arrays: [h, w] of each layer, or [C, H, W] of the input. */
export const rawArrays = ({ method, raw }: Explanation): MapArray[] =>
  raw.map(({ data, channels, height, width }) => ({
    dims: METHODS[method].level === 'layer' ? [height, width] : [channels, height, width],
    data,
  }));

type Write = (
  explanation: Explanation,
  map: number,
  options: ArtifactOptions,
  json: (map: MapArray) => object,
) => Promise<Uint8Array | string> | Uint8Array | string;

const picture =
  (format: 'png' | 'jpg'): Write =>
  async (explanation, map, { raw, ...options }) =>
    encode(raw ? signedPicture(explanation.raw[map]) : await overlay(explanation, options), format);

/** The bytes of a result in each format. `json` describes the result around its numbers. */
export const WRITERS: Readonly<Record<Format, Write>> = {
  png: picture('png'),
  jpg: picture('jpg'),
  npy: (explanation, map, { raw }) => {
    const { dims, data } = mapsOf(explanation, raw)[map];
    return writeNpy(dims, data);
  },
  json: (explanation, map, { raw }, json) => `${JSON.stringify(json(mapsOf(explanation, raw)[map]))}\n`,
};

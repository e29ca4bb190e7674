import { badOption } from '../errors.ts';
import { channelPlane, positionsOf, type Volume } from '../kernels/index.ts';
import { paint } from './channels.ts';
import type { Picture } from './source.ts';

/**
 * The channels with these numbers, from 1.
 * @throws {CamError} BAD_OPTION when one does not exist.
 */
export function bandsOf(map: Volume, bands: readonly number[]): Volume {
  const size = positionsOf(map);
  const data = new Float32Array(bands.length * size);
  bands.forEach((band, i) => {
    if (!(Number.isInteger(band) && band >= 1 && band <= map.channels)) {
      throw badOption(
        'bands',
        `Band ${band} does not exist: \`bands\` are numbered from 1, and the input has ${map.channels}.`,
      );
    }
    data.set(channelPlane(map, band - 1).data, i * size);
  });
  return { ...map, data, channels: bands.length };
}

/**
 * The channels with these numbers, for a picture: one is gray, three are red, green and blue.
 * @throws {CamError} BAD_OPTION when one does not exist, or for another number of them.
 */
export function colorBands(map: Volume, bands: readonly number[]): Volume {
  if (bands.length === 1 || bands.length === 3) return bandsOf(map, bands);
  throw badOption(
    'bands',
    `\`bands\` has ${bands.length} numbers: a picture takes one (gray) or three (red, green, blue).`,
  );
}

/** Shares of the values of a band that are drawn black and white: usual for satellite images. */
const DARKEST = 0.02;
const BRIGHTEST = 0.98;
/** Number of values that the shares are estimated from. */
const SAMPLED = 2 ** 18;

/** One or three channels as a picture; each is stretched between its 2nd and 98th percentile. */
export function bandPicture(map: Volume): Picture {
  const ranges = Array.from({ length: map.channels }, (_, c) => stretchOf(channelPlane(map, c).data));
  return paint(map, map.channels === 1 ? 'gray' : 'rgb', (value, c) => {
    const { low, span } = ranges[c];
    return span > 0 ? (255 * (value - low)) / span : 128;
  });
}

function stretchOf(values: Float32Array): { low: number; span: number } {
  const step = Math.ceil(values.length / SAMPLED);
  const sorted = values.filter((value, at) => at % step === 0 && Number.isFinite(value)).sort();
  const at = (share: number) => sorted[Math.round(share * (sorted.length - 1))] ?? 0;
  return { low: at(DARKEST), span: at(BRIGHTEST) - at(DARKEST) };
}

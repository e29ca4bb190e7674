import { writesJpeg } from '../image/encode.ts';
import type { Format } from '../options/options.ts';
import { Problem } from './problem.ts';

/** Media type of each format, in order of preference. */
export const MEDIA_TYPES: Readonly<Record<Format, string>> = {
  png: 'image/png',
  json: 'application/json',
  npy: 'application/x-npy',
  jpg: 'image/jpeg',
};

/**
 * The format of an answer: from the query, or else the best match for the Accept header (RFC 9110, section 12.5.1); PNG
 * if there is none.
 * @throws {Problem} NOT_ACCEPTABLE when no format matches.
 */
export async function formatFor(
  named: Format | undefined,
  accept: string | null,
  jpeg: () => Promise<boolean> = writesJpeg,
): Promise<Format> {
  const wanted = named ?? acceptedFormat(accept, ACCEPTED_FORMATS);
  if (wanted !== 'jpg' || (await jpeg())) return wanted;
  if (named === undefined) return acceptedFormat(accept, WITHOUT_JPEG);
  throw notAcceptable('JPEG in this runtime', WITHOUT_JPEG);
}

const ACCEPTED_FORMATS = Object.keys(MEDIA_TYPES) as Format[];
const WITHOUT_JPEG = ACCEPTED_FORMATS.filter((format) => format !== 'jpg');

function acceptedFormat(accept: string | null, formats: readonly Format[]): Format {
  const ranges = (accept?.trim() || '*/*').split(',').map(rangeOf); // an empty header accepts anything
  const [best] = formats
    .map((format) => ({ format, quality: qualityOf(MEDIA_TYPES[format], ranges) }))
    .sort((a, b) => b.quality - a.quality);
  if (best.quality > 0) return best.format;
  throw notAcceptable(accept!, formats);
}

function notAcceptable(what: string, formats: readonly Format[]): Problem {
  const types = formats.map((format) => MEDIA_TYPES[format]).join(', ');
  return new Problem('NOT_ACCEPTABLE', `Cannot answer with ${what}. Accept one of ${types}.`);
}

interface MediaRange {
  readonly pattern: string;
  readonly quality: number;
}

function rangeOf(text: string): MediaRange {
  const [pattern, ...parameters] = text.split(';').map((part) => part.trim().toLowerCase());
  const quality = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2) ?? '1';
  return { pattern, quality: Number(quality) || 0 };
}

/** The most specific range that matches the type decides. */
function qualityOf(type: string, ranges: readonly MediaRange[]): number {
  for (const pattern of [type, type.replace(/\/.*/, '/*'), '*/*']) {
    const range = ranges.find((range) => range.pattern === pattern);
    if (range) return range.quality;
  }
  return 0;
}

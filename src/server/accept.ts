import type { Format } from '../interface/options.ts';
import { Problem } from './problem.ts';

/** The media type of each format; the first that fits is taken. */
export const MEDIA_TYPES: Readonly<Record<Format, string>> = {
  png: 'image/png',
  json: 'application/json',
  npy: 'application/x-npy',
  jpg: 'image/jpeg',
};

/**
 * The format that an Accept header likes best (RFC 9110, section 12.5.1); PNG for none.
 * @throws Problem NOT_ACCEPTABLE.
 */
export function acceptedFormat(accept: string | null): Format {
  const ranges = (accept ?? '*/*').split(',').map(rangeOf);
  const [best] = (Object.keys(MEDIA_TYPES) as Format[])
    .map((format) => ({ format, quality: qualityOf(MEDIA_TYPES[format], ranges) }))
    .sort((a, b) => b.quality - a.quality);
  if (best.quality > 0) return best.format;
  throw new Problem(
    'NOT_ACCEPTABLE',
    `There is no ${accept}. Accept one of ${Object.values(MEDIA_TYPES).join(', ')}.`,
  );
}

interface Range {
  readonly pattern: string;
  readonly quality: number;
}

function rangeOf(text: string): Range {
  const [pattern, ...parameters] = text.split(';').map((part) => part.trim().toLowerCase());
  const quality = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2) ?? '1';
  return { pattern, quality: Number(quality) || 0 };
}

/** The most specific range that covers the type decides. */
function qualityOf(type: string, ranges: readonly Range[]): number {
  for (const pattern of [type, type.replace(/\/.*/, '/*'), '*/*']) {
    const range = ranges.find((range) => range.pattern === pattern);
    if (range) return range.quality;
  }
  return 0;
}

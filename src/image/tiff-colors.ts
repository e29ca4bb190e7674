import type { ReadColor } from './samples.ts';
import type { TiffPage } from './tiff.ts';

export interface SampleKind {
  readonly photometric: number;
  readonly bits: number;
  readonly samples: number;
  readonly compression: number;
}

interface Photometric {
  readonly title: string;
  readonly supports: (kind: SampleKind) => boolean;
  readonly color: (page: TiffPage, scale: SampleScale) => ReadColor;
}

interface SampleScale {
  /** White, or an opaque alpha: 255, or 65535 for 16 bits. */
  readonly white: number;
  /** White as stored. */
  readonly most: number;
}

/** The compression of a JPEG. */
export const JPEG_CODED = 7;

/** JPEG has 8 bits, and one or three components here. */
const hasAtMost = ({ samples, compression }: SampleKind, most: number): boolean =>
  compression === JPEG_CODED ? samples === 1 || samples === 3 : samples <= most;

const isDeep = ({ bits, compression }: SampleKind): boolean => bits === 16 && compression !== JPEG_CODED;

const isSingle = ({ bits, samples, compression }: SampleKind): boolean =>
  samples === 1 && [1, 2, 4].includes(bits) && compression !== JPEG_CODED;

/** Colors by photometric interpretation (TIFF 6.0 sections 4 to 6, 16 and 21). */
const PHOTOMETRICS: ReadonlyMap<number, Photometric> = new Map([
  [
    0,
    {
      title: 'gray (white is zero)',
      supports: (kind) =>
        isSingle(kind) || (kind.bits === 8 && hasAtMost(kind, 2)) || (kind.samples <= 2 && isDeep(kind)),
      color: (page, scale) => grayReader(page, scale, (value) => scale.most - value),
    },
  ],
  [
    1,
    {
      title: 'gray',
      supports: (kind) =>
        isSingle(kind) || (kind.bits === 8 && hasAtMost(kind, 4)) || (kind.samples <= 2 && isDeep(kind)),
      color: (page, scale) => grayReader(page, scale, (value) => value),
    },
  ],
  [
    2,
    {
      title: 'RGB',
      supports: (kind) =>
        (kind.bits === 8 && kind.samples >= 3 && hasAtMost(kind, 8)) ||
        ([3, 4].includes(kind.samples) && isDeep(kind)),
      color: rgbReader,
    },
  ],
  [
    3,
    {
      title: 'a palette',
      supports: (kind) =>
        isSingle(kind) || (kind.bits === 8 && kind.compression !== JPEG_CODED && kind.samples <= 2),
      color: paletteReader,
    },
  ],
  [
    5,
    {
      title: 'CMYK',
      supports: (kind) =>
        kind.compression !== JPEG_CODED &&
        ((kind.bits === 8 && kind.samples >= 4 && kind.samples <= 8) || (kind.samples === 4 && isDeep(kind))),
      color: inksReader,
    },
  ],
  [
    6, // the JPEG decoder makes RGB of it
    {
      title: 'YCbCr',
      supports: ({ bits, samples, compression }) => compression === JPEG_CODED && bits === 8 && samples === 3,
      color: rgbReader,
    },
  ],
] satisfies [number, Photometric][]);

/** Interpretations that are named when they are refused. */
const REFUSED: ReadonlyMap<number, string> = new Map([
  [4, 'a mask'],
  [8, 'CIELab'],
]);

/**
 * How the colors of a page are read, in 0..255, or 0..65535 if its samples have 16 bits.
 * @throws {Error} for a kind that is not supported.
 */
export function colorReader(page: TiffPage, kind: SampleKind): ReadColor {
  const { photometric, samples, bits, compression } = kind;
  const row = PHOTOMETRICS.get(photometric);
  if (row?.supports(kind)) return row.color(page, { white: bits === 16 ? 65535 : 255, most: 2 ** bits - 1 });
  const title = row?.title ?? REFUSED.get(photometric) ?? `photometric interpretation ${photometric}`;
  throw new Error(
    `${title} with ${samples} × ${bits} bits${compression === JPEG_CODED ? ', compressed as JPEG,' : ''} is not supported`,
  );
}

/** Which sample is the alpha (section 18): one that follows `colors` others, unless the page says that it is none. */
function alphaAt({ values }: TiffPage, colors: number): number | undefined {
  const [samples = 1] = values('samples');
  const [extra = samples === colors + 1 ? UNASSOCIATED : UNSPECIFIED] = values('extraSamples');
  return samples > colors && extra !== UNSPECIFIED ? colors : undefined;
}

const UNSPECIFIED = 0;
const UNASSOCIATED = 2;

function grayReader(
  page: TiffPage,
  { white, most }: SampleScale,
  light: (value: number) => number,
): ReadColor {
  const alpha = alphaAt(page, 1);
  return (s, i, put) => {
    const value = (light(s[i]) * white) / most;
    put(value, value, value, alpha === undefined ? white : s[i + alpha]);
  };
}

function rgbReader(page: TiffPage, { white }: SampleScale): ReadColor {
  const alpha = alphaAt(page, 3);
  return (s, i, put) => put(s[i], s[i + 1], s[i + 2], alpha === undefined ? white : s[i + alpha]);
}

function paletteReader(page: TiffPage, { white, most }: SampleScale): ReadColor {
  const map = page.values('palette'); // all reds, all greens, all blues, in 16 bits
  const count = most + 1;
  if (map.length < 3 * count) throw new Error('colors are missing in its palette');
  const alpha = alphaAt(page, 1);
  return (s, i, put) =>
    put(
      map[s[i]] >> 8,
      map[count + s[i]] >> 8,
      map[2 * count + s[i]] >> 8,
      alpha === undefined ? white : s[i + alpha],
    );
}

/** Section 16: cyan, magenta, yellow and black, at most `white` ink. */
function inksReader(_: TiffPage, { white }: SampleScale): ReadColor {
  return (s, i, put) => {
    const light = white - s[i + 3];
    const left = (ink: number) => Math.round(((white - ink) * light) / white);
    put(left(s[i]), left(s[i + 1]), left(s[i + 2]), white);
  };
}

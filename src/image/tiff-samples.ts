import { DEEP_WHITE, deepPicture } from './deep.ts';
import type { DecodedPicture, Picture } from './source.ts';
import type { TiffPage, TiffTags } from './tiff.ts';

/** How a page is described to the decoder, which would misread its samples, and their conversion to a picture. */
interface Disguise {
  /** Tags in place of the page's own. */
  readonly tags: TiffTags;
  readonly finish: (unpacked: Picture) => DecodedPicture;
}

const RGB = [2];
const BLACK_IS_ZERO = [1];
const HORIZONTAL = 2;

/** Undefined for the pixels that the decoder (utif2) reads well. */
export function disguiseOf(page: TiffPage): Disguise | undefined {
  if (page.values('bits')[0] === 16) return sixteenBits(page);
  return page.values('photometric')[0] === 5 ? { tags: { photometric: RGB }, finish: fromInks } : undefined;
}

/** Section 16: cyan, magenta, yellow and black, at most `full` ink. They arrive as red, green, blue and alpha. */
function printInks(data: Uint8ClampedArray | Uint16Array, full: number): void {
  for (let i = 0; i < data.length; i += 4) {
    const light = full - data[i + 3];
    for (let c = i; c < i + 3; c++) data[c] = Math.round(((full - data[c]) * light) / full);
    data[i + 3] = full;
  }
}

function fromInks(picture: Picture): Picture {
  printInks(picture.data, 255);
  return picture;
}

/** Red, green, blue and alpha, or gray and alpha. */
const RGBA = [0, 1, 2, 3];
const GRAY_ALPHA = [0, 3];

/**
 * The decoder truncates 16 bits to 8. It gets a page twice as wide, where each sample is two bytes, and without the
 * predictor (section 14). Gray with alpha, four bytes, becomes red, green, blue and alpha instead.
 */
function sixteenBits(page: TiffPage): Disguise {
  const { width, height, littleEndian, values } = page;
  const [[samples = 1], [photometric = 2], [predictor = 1], [tileWidth]] = (
    ['samples', 'photometric', 'predictor', 'tileWidth'] as const
  ).map(values);
  const gray = samples <= 2;
  const channels = gray ? GRAY_ALPHA : RGBA;
  const columns = tileWidth ?? width;
  const high = littleEndian ? 1 : 0;
  const finish = ({ data }: Picture): DecodedPicture => {
    const deep = new Uint16Array(4 * width * height).fill(DEEP_WHITE);
    const packed = samples === 2 ? 4 : samples;
    const byteAt =
      samples === 1
        ? (n: number) => data[4 * n]
        : (n: number) => data[4 * Math.floor(n / packed) + (n % packed)];
    for (let i = 0; i < width * height; i++) {
      const differs = predictor === HORIZONTAL && (i % width) % columns > 0;
      for (let c = 0; c < samples; c++) {
        const n = 2 * (i * samples + c);
        const at = 4 * i + channels[c];
        const stored = (byteAt(n + high) << 8) | byteAt(n + 1 - high);
        deep[at] = differs ? stored + deep[at - 4] : stored;
      }
      if (gray) deep[4 * i + 1] = deep[4 * i + 2] = deep[4 * i];
    }
    if (photometric === 0) invert(deep);
    if (photometric === 5) printInks(deep, DEEP_WHITE);
    return deepPicture(deep, width, height);
  };
  const eight = { bits: [8], photometric: samples === 1 ? BLACK_IS_ZERO : RGB, predictor: [] };
  const wide = { width: [2 * width], tileWidth: tileWidth === undefined ? [] : [2 * tileWidth] };
  return { tags: samples === 2 ? { ...eight, samples: [4] } : { ...eight, ...wide }, finish };
}

function invert(deep: Uint16Array): void {
  for (let i = 0; i < deep.length; i++) if (i % 4 !== 3) deep[i] = DEEP_WHITE - deep[i];
}

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
  const [[bits], [samples]] = [page.values('bits'), page.values('samples')];
  if (bits === 16) return unpacked(page, 2, DEEP_WHITE);
  if (bits === 8 && samples === 2) return unpacked(page, 1, 255);
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
 * The decoder truncates 16 bits to 8, and drops the alpha of gray. It gets a page of so many times the width, where each
 * byte is a sample, and without the predictor (section 14). Gray with alpha of 16 bits, four bytes, becomes red, green,
 * blue and alpha instead.
 */
function unpacked(page: TiffPage, bytes: 1 | 2, full: number): Disguise {
  const { width, height, littleEndian, values } = page;
  const [[samples = 1], [photometric = 2], [predictor = 1], [tileWidth]] = (
    ['samples', 'photometric', 'predictor', 'tileWidth'] as const
  ).map(values);
  const gray = samples <= 2;
  const channels = gray ? GRAY_ALPHA : RGBA;
  const columns = tileWidth ?? width;
  const perPixel = bytes * samples;
  // Samples of a pixel for the decoder, and how many times the width.
  const packed = gray ? (perPixel === 4 ? 4 : 1) : samples;
  const times = perPixel / packed;
  const finish = ({ data }: Picture): DecodedPicture => {
    const pixels = (
      bytes === 2 ? new Uint16Array(4 * width * height) : new Uint8ClampedArray(4 * width * height)
    ).fill(full);
    const byteAt = (n: number) => data[4 * Math.floor(n / packed) + (n % packed)];
    const sampleAt =
      bytes === 1
        ? byteAt
        : littleEndian
          ? (n: number) => byteAt(n) | (byteAt(n + 1) << 8)
          : (n: number) => (byteAt(n) << 8) | byteAt(n + 1);
    for (let i = 0; i < width * height; i++) {
      const differs = predictor === HORIZONTAL && (i % width) % columns > 0;
      for (let c = 0; c < samples; c++) {
        const at = 4 * i + channels[c];
        const stored = sampleAt(bytes * (i * samples + c));
        pixels[at] = differs ? (stored + pixels[at - 4]) & full : stored;
      }
      if (gray) pixels[4 * i + 1] = pixels[4 * i + 2] = pixels[4 * i];
    }
    if (photometric === 0) invert(pixels, full);
    if (photometric === 5) printInks(pixels, full);
    return pixels instanceof Uint16Array
      ? deepPicture(pixels, width, height)
      : { data: pixels, width, height };
  };
  const tags = {
    bits: [8],
    samples: [packed],
    photometric: packed === 1 ? BLACK_IS_ZERO : RGB,
    predictor: [],
    width: [times * width],
    tileWidth: tileWidth === undefined ? [] : [times * tileWidth],
  };
  return { tags, finish };
}

function invert(pixels: Uint8ClampedArray | Uint16Array, full: number): void {
  for (let i = 0; i < pixels.length; i++) if (i % 4 !== 3) pixels[i] = full - pixels[i];
}

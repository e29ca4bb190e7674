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
  if (page.values('photometric')[0] === 5) return { tags: { photometric: RGB }, finish: fromInks };
  return page.values('bits')[0] === 16 ? sixteenBits(page) : undefined;
}

/** Section 16: cyan, magenta, yellow and black, 255 for full ink. They arrive as red, green, blue and alpha. */
function fromInks({ data, width, height }: Picture): Picture {
  for (let i = 0; i < data.length; i += 4) {
    const light = 255 - data[i + 3];
    for (let c = i; c < i + 3; c++) data[c] = ((255 - data[c]) * light) / 255;
    data[i + 3] = 255;
  }
  return { data, width, height };
}

/**
 * The decoder truncates 16 bits to 8. It gets a page twice as wide, where each sample is two bytes, and without the
 * predictor (section 14).
 */
function sixteenBits(page: TiffPage): Disguise {
  const { width, height, littleEndian, values } = page;
  const [[samples = 1], [photometric = 2], [predictor = 1], [tileWidth]] = (
    ['samples', 'photometric', 'predictor', 'tileWidth'] as const
  ).map(values);
  const gray = samples === 1;
  const columns = tileWidth ?? width;
  const high = littleEndian ? 1 : 0;
  const finish = ({ data }: Picture): DecodedPicture => {
    const deep = new Uint16Array(4 * width * height).fill(DEEP_WHITE);
    const byteAt = gray
      ? (n: number) => data[4 * n]
      : (n: number) => data[4 * Math.floor(n / samples) + (n % samples)];
    for (let i = 0; i < width * height; i++) {
      const differs = predictor === HORIZONTAL && (i % width) % columns > 0;
      for (let c = 0; c < samples; c++) {
        const n = 2 * (i * samples + c);
        const stored = (byteAt(n + high) << 8) | byteAt(n + 1 - high);
        deep[4 * i + c] = differs ? stored + deep[4 * (i - 1) + c] : stored;
      }
      if (gray) deep[4 * i + 1] = deep[4 * i + 2] = deep[4 * i];
    }
    if (photometric === 0) invert(deep);
    return deepPicture(deep, width, height);
  };
  const tags = {
    ...{ bits: [8], photometric: gray ? BLACK_IS_ZERO : RGB, predictor: [] },
    ...{ width: [2 * width], tileWidth: tileWidth === undefined ? [] : [2 * tileWidth] },
  };
  return { tags, finish };
}

function invert(deep: Uint16Array): void {
  for (let i = 0; i < deep.length; i++) if (i % 4 !== 3) deep[i] = DEEP_WHITE - deep[i];
}

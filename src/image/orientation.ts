import type { DecodedPicture } from './source.ts';

/** How a picture is stored: whether mirrored, transposed or turned (TIFF 6.0, tag 274). 1 is upright. */
export type Orientation = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8;

const TAG = 274;
/** Tags of an Exif block that are looked at; cameras write a few dozen. */
const MAX_TAGS = 1000;

/** The orientation in an Exif block, which starts like a TIFF file; upright if there is none. */
export function exifOrientation(exif: Uint8Array | undefined): Orientation {
  if (exif === undefined) return 1;
  // WebP files may have the prefix of JPEG's segment.
  const prefix = String.fromCharCode(...exif.subarray(0, 6)) === 'Exif\0\0' ? 6 : 0;
  const view = new DataView(exif.buffer, exif.byteOffset + prefix, exif.byteLength - prefix);
  try {
    const little = view.getUint16(0) === 0x4949;
    const start = view.getUint32(4, little);
    const count = Math.min(MAX_TAGS, view.getUint16(start, little));
    for (let i = 0; i < count; i++) {
      const at = start + 2 + 12 * i;
      if (view.getUint16(at, little) === TAG) return orientationOf(view.getUint16(at + 8, little));
    }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error; // the block ends early
  }
  return 1;
}

/** A valid orientation; upright for other numbers. */
export const orientationOf = (value: number | undefined): Orientation =>
  value !== undefined && value >= 1 && value <= 8 ? (value as Orientation) : 1;

/** Where pixel (x, y) of the upright picture is stored, in a stored picture of w × h. */
const STORED: Readonly<
  Record<Orientation, (x: number, y: number, w: number, h: number) => [x: number, y: number]>
> = {
  1: (x, y) => [x, y],
  2: (x, y, w) => [w - 1 - x, y],
  3: (x, y, w, h) => [w - 1 - x, h - 1 - y],
  4: (x, y, _, h) => [x, h - 1 - y],
  5: (x, y) => [y, x],
  6: (x, y, _, h) => [y, h - 1 - x],
  7: (x, y, w, h) => [w - 1 - y, h - 1 - x],
  8: (x, y, w) => [w - 1 - y, x],
};

/** The upright picture of a stored one. */
export function upright(picture: DecodedPicture, orientation: Orientation): DecodedPicture {
  if (orientation === 1) return picture;
  const { data, deep, width: w, height: h } = picture;
  const [width, height] = orientation >= 5 ? [h, w] : [w, h];
  const stored = STORED[orientation];
  // Pixels as words of 32 bits: one, or two of 16 bits per channel.
  const turned = ({ buffer, byteOffset }: Uint8ClampedArray | Uint16Array, words: number): ArrayBuffer => {
    const from = new Uint32Array(buffer, byteOffset, words * w * h);
    const pixels = new Uint32Array(from.length);
    for (let y = 0, at = 0; y < height; y++)
      for (let x = 0; x < width; x++) {
        const [column, row] = stored(x, y, w, h);
        const start = words * (row * w + column);
        for (let word = start; word < start + words; word++) pixels[at++] = from[word];
      }
    return pixels.buffer;
  };
  return {
    data: new Uint8ClampedArray(turned(data, 1)),
    ...(deep && { deep: new Uint16Array(turned(deep, 2)) }),
    ...{ width, height },
  };
}

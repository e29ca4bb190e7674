import { tiffPages } from './tiff.ts';

/** What an image file says of itself before anything is decoded. */
export interface Header {
  width: number;
  height: number;
  /** JPEG only: colour components per pixel; 4 is CMYK. */
  components?: number;
  /** False where the file ends before the last pixel does; absent where only decoding can tell. */
  complete?: boolean;
}

interface Format {
  title: string;
  /** The first bytes of such a file; a dot stands for any byte. */
  magic: RegExp;
  /** Throws RangeError where the file ends inside its header. */
  header: (view: DataView) => Header;
}

export type FormatName = 'png' | 'jpeg' | 'gif' | 'bmp' | 'webp' | 'tiff';

export const FORMATS: Record<FormatName, Format> = {
  png: {
    title: 'PNG',
    magic: /^\x89PNG\r\n\x1a\n/,
    header: (view) => ({ width: view.getUint32(16), height: view.getUint32(20) }),
  },
  jpeg: { title: 'JPEG', magic: /^\xff\xd8\xff/, header: jpegHeader },
  gif: {
    title: 'GIF',
    magic: /^GIF8[79]a/,
    header: (view) => ({ width: view.getUint16(6, true), height: view.getUint16(8, true) }),
  },
  bmp: {
    title: 'BMP',
    magic: /^BM.{12}[\x0c\x28\x34\x38\x40\x6c\x7c]\0\0\0/s,
    header: (view) =>
      view.getUint32(14, true) === 12
        ? { width: view.getUint16(18, true), height: view.getUint16(20, true) }
        : { width: view.getInt32(18, true), height: Math.abs(view.getInt32(22, true)) },
  },
  webp: { title: 'WebP', magic: /^RIFF.{4}WEBPVP8[ LX]/s, header: webpHeader },
  tiff: {
    title: 'TIFF',
    magic: /^(II\*\0|MM\0\*)/,
    header(view) {
      const pages = tiffPages(view);
      const [largest] = pages.toSorted((a, b) => b.width * b.height - a.width * a.height);
      return {
        width: largest?.width ?? 0,
        height: largest?.height ?? 0,
        complete: pages.every(({ end }) => end <= view.byteLength),
      };
    },
  },
};

/** The format that the first bytes belong to. */
export function sniff(bytes: Uint8Array): FormatName | undefined {
  const start = String.fromCharCode(...bytes.subarray(0, 32));
  return (Object.keys(FORMATS) as FormatName[]).find((name) => FORMATS[name].magic.test(start));
}

// ITU-T T.81 annex B: the frame header (SOFn) is the first segment that tells the size; it comes before the pixels,
// and after it the end marker (EOI) cannot be mistaken for anything else.
function jpegHeader(view: DataView): Header {
  let at = 2;
  for (;;) {
    while (view.getUint8(at) !== 0xff || [0x00, 0xff].includes(view.getUint8(at + 1))) at++;
    const marker = view.getUint8(at + 1);
    if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)) break;
    at += 2 + view.getUint16(at + 2);
  }
  let end = view.byteLength - 2;
  while (end > at && view.getUint16(end) !== 0xffd9) end--;
  return {
    height: view.getUint16(at + 5),
    width: view.getUint16(at + 7),
    components: view.getUint8(at + 9),
    complete: end > at,
  };
}

// RFC 9649: lossy (section 2.5), lossless (2.6) and extended (2.7) files keep the size in different places.
function webpHeader(view: DataView): Header {
  const kind = String.fromCharCode(view.getUint8(15));
  const complete = view.byteLength >= 8 + view.getUint32(4, true);
  if (kind === 'L') {
    const bits = view.getUint32(21, true);
    return { width: 1 + (bits & 0x3fff), height: 1 + ((bits >>> 14) & 0x3fff), complete };
  }
  return kind === 'X'
    ? {
        width: 1 + (view.getUint32(24, true) & 0xffffff),
        height: 1 + (view.getUint32(26, true) >>> 8),
        complete,
      }
    : { width: view.getUint16(26, true) & 0x3fff, height: view.getUint16(28, true) & 0x3fff, complete };
}

import { bmpHeader } from './bmp.ts';
import { gifHeader } from './gif.ts';
import type { Header } from './header.ts';
import { jpegHeader } from './jpeg.ts';
import { firstPage } from './tiff.ts';
import { webpHeader } from './webp.ts';

interface ImageFormat {
  title: string;
  /** First bytes of a file; a dot matches any byte. */
  magic: RegExp;
  /** @throws {RangeError} when the file ends inside its header. */
  header: (view: DataView) => Header;
}

export type FormatName = 'png' | 'jpeg' | 'gif' | 'bmp' | 'webp' | 'tiff';

export const IMAGE_FORMATS: Record<FormatName, ImageFormat> = {
  png: {
    title: 'PNG',
    magic: /^\x89PNG\r\n\x1a\n/,
    header: (view) => ({
      width: view.getUint32(16),
      height: view.getUint32(20),
      countsTwice: view.getUint8(24) === 16,
    }),
  },
  jpeg: { title: 'JPEG', magic: /^\xff\xd8\xff/, header: jpegHeader },
  gif: {
    title: 'GIF',
    magic: /^GIF8[79]a/,
    header: gifHeader,
  },
  bmp: {
    title: 'BMP',
    magic: /^BM.{12}[\x0c\x28\x34\x38\x40\x6c\x7c]\0\0\0/s,
    header: bmpHeader,
  },
  webp: { title: 'WebP', magic: /^RIFF.{4}WEBPVP8[ LX]/s, header: webpHeader },
  tiff: {
    title: 'TIFF',
    magic: /^(II\*\0|MM\0\*)/,
    header(view) {
      const { width, height, end, values } = firstPage(view);
      const [[bits = 1], [samples = 1]] = [values('bits'), values('samples')];
      return {
        width,
        height,
        countsTwice: bits * samples > 32 || bits === 16,
        complete: end <= view.byteLength,
      };
    },
  },
};

/** Recognizes a format by its first bytes. */
export function sniff(bytes: Uint8Array): FormatName | undefined {
  const start = String.fromCharCode(...bytes.subarray(0, 32));
  return (Object.keys(IMAGE_FORMATS) as FormatName[]).find((name) => IMAGE_FORMATS[name].magic.test(start));
}

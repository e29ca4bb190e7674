import { CamError } from '../errors.ts';
import { type Bytes, hexadecimal } from '../platform/bytes.ts';
import type { Codec } from '../platform/codecs.ts';
import { runtime } from '../platform/runtime.ts';
import { plainBmp } from './bmp.ts';
import { isCameraRaw } from './camera-raw.ts';
import { type CodecInstance, loadCodec } from './codec.ts';
import { DEEP_WHITE } from './deep.ts';
import { drawn } from './drawable.ts';
import { CAMERA_RAW, FOREIGN_IMAGES, FOREIGN_START, type ForeignImage } from './foreign-images.ts';
import { type FormatName, IMAGE_FORMATS, sniff } from './formats.ts';
import { decodeGif } from './gif.ts';
import type { Header } from './header.ts';
import { loadJimp } from './jimp.ts';
import { MOST_SCANS } from './jpeg.ts';
import { decodePng } from './png-decode.ts';
import type { Prepared } from './prepared.ts';
import type { DecodedPicture, Picture } from './source.ts';
import { viewOf } from './tiff.ts';
import { decodeTiff } from './tiff-decode.ts';
import { preparedWebp } from './webp.ts';

/** The compiled `codec/dec/*_dec.wasm` of jSquash. */
export type CodecModules = Readonly<Partial<Record<Codec, WebAssembly.Module>>>;

export interface DecodeOptions {
  /**
   * Images that declare more pixels are rejected before anything is allocated. Those that take twice the memory count
   * twice: more than 32 bits a pixel, progressive JPEG, CMYK. Default 100 million.
   */
  maxPixels?: number;
  /** Compiled wasm of the JPEG and WebP decoders, for runtimes where the package cannot find its own. */
  modules?: CodecModules;
}

/**
 * Decodes a PNG, JPEG, GIF or WebP (first frame), BMP or TIFF (first page) file, recognized by its first bytes. Pictures
 * are upright by their Exif orientation, gray and CMYK become RGB, and transparency is blended onto white: every alpha of the
 * result is 255. PNG and TIFF files with 16 bits per channel keep them beside their bytes.
 * @throws {CamError} BAD_IMAGE for an unknown format, a damaged image, or one with no pixels or too many.
 */
export async function decode(
  bytes: Uint8Array,
  { maxPixels = 100e6, modules = {} }: DecodeOptions = {},
): Promise<DecodedPicture> {
  const format = sniff(bytes);
  if (!format) throw unknownFormat(bytes);
  const { title } = IMAGE_FORMATS[format];
  if (format === 'tiff' && isRaw(bytes)) throw foreignImage(CAMERA_RAW);
  const header = readHeader(format, bytes);
  const { width, height, scans = 1, countsTwice = false } = header;
  if (header.complete === false) throw cutShort(title);
  if (!(width > 0 && height > 0)) {
    throw new CamError(
      'BAD_IMAGE',
      `This ${title} image has no pixels (${width} x ${height}). Export it again.`,
    );
  }
  const most = countsTwice ? maxPixels / 2 : maxPixels;
  if (width * height > most) {
    throw new CamError(
      'BAD_IMAGE',
      `This ${title} image has ${width} x ${height} pixels; the limit is ${most / 1e6} million${countsTwice ? ', half of the usual one since decoding it takes twice the memory' : ''}. ` +
        'Scale it down: models take a few hundred pixels per side.',
    );
  }
  if (scans > MOST_SCANS) {
    throw new CamError(
      'BAD_IMAGE',
      `This ${title} image has ${scans} scans, each as slow as a whole image. ` +
        `The limit is ${MOST_SCANS}. Save it again.`,
    );
  }
  try {
    const decoder = await loadDecoder(format, header, modules);
    return onWhite(await decoder(BOUNDED[format]?.(bytes) ?? bytes));
  } catch (cause) {
    if (cause instanceof CamError) throw cause;
    throw new CamError(
      'BAD_IMAGE',
      `This ${title} image is truncated, damaged or of an unsupported kind: ${cause instanceof Error ? cause.message : String(cause)}. ` +
        'Download or save it again, as a PNG or JPEG if necessary.',
      { cause },
    );
  }
}

/** Reduces a file to safe parts for decoders that accept anything. */
const BOUNDED: Partial<Record<FormatName, (bytes: Uint8Array) => Uint8Array>> = {
  bmp: plainBmp,
};

type Prepare = (bytes: Uint8Array, header: Header) => Prepared;

/** What jSquash needs for files that browsers read as they are. */
const PREPARE: Partial<Record<FormatName, Prepare>> = { webp: preparedWebp };

type Decoder = (bytes: Uint8Array) => Promise<DecodedPicture>;

async function loadDecoder(format: FormatName, header: Header, modules: CodecModules): Promise<Decoder> {
  if (format === 'png') return decodePng;
  if (format === 'gif') return async (bytes) => decodeGif(bytes);
  if (format === 'tiff') return (bytes) => decodeTiff(bytes, jpegDecoder(modules));
  const fast = format === 'webp' || (format === 'jpeg' && header.components !== 4); // the codec rejects CMYK
  const start = fast ? await loadCodec(format, modules[format]) : undefined;
  if (!start && runtime() === 'browser') return drawnByBrowser;
  const decoder: Decoder = start ? async (bytes) => (await start())(bytes) : await loadJimp(format);
  const prepare = PREPARE[format];
  if (!prepare) return decoder;
  return async (bytes) => {
    const { file, finish } = prepare(bytes, header);
    return finish(await decoder(file));
  };
}

/** One instance for all strips or tiles of a page. */
function jpegDecoder({ jpeg }: CodecModules): Decoder {
  let instance: Promise<CodecInstance> | undefined;
  return async (bytes) => (await (instance ??= startJpeg(jpeg)))(bytes);
}

async function startJpeg(module?: WebAssembly.Module): Promise<CodecInstance> {
  const start = await loadCodec('jpeg', module);
  if (!start) throw new Error('no JPEG decoder is installed');
  return start();
}

async function drawnByBrowser(bytes: Uint8Array): Promise<Picture> {
  const bitmap = await createImageBitmap(new Blob([bytes as Bytes]), {
    colorSpaceConversion: 'none',
  });
  try {
    return drawn(bitmap);
  } finally {
    bitmap.close();
  }
}

function onWhite(picture: DecodedPicture): DecodedPicture {
  whiten(picture.data, 255);
  if (picture.deep) whiten(picture.deep, DEEP_WHITE);
  return picture;
}

function whiten(pixels: Uint8ClampedArray | Uint16Array, white: number): void {
  for (let i = 0; i < pixels.length; i += 4) {
    const alpha = pixels[i + 3];
    if (alpha === white) continue;
    for (let c = i; c < i + 3; c++)
      pixels[c] = Math.round((pixels[c] * alpha + white * (white - alpha)) / white);
    pixels[i + 3] = white;
  }
}

function readHeader(format: FormatName, bytes: Uint8Array): Header {
  try {
    return IMAGE_FORMATS[format].header(viewOf(bytes));
  } catch (cause) {
    throw cutShort(IMAGE_FORMATS[format].title, cause);
  }
}

function cutShort(title: string, cause?: unknown): CamError {
  return new CamError(
    'BAD_IMAGE',
    `This ${title} image is truncated: the file ends before the image does. Download or save it again.`,
    { cause },
  );
}

function isRaw(tiff: Uint8Array): boolean {
  try {
    return isCameraRaw(viewOf(tiff));
  } catch (cause) {
    throw cutShort(IMAGE_FORMATS.tiff.title, cause);
  }
}

const foreignImage = ({ title, advice }: ForeignImage): CamError =>
  new CamError('BAD_IMAGE', `This is ${title}, which cannot be read. ${advice}`);

function unknownFormat(bytes: Uint8Array): CamError {
  const start = String.fromCharCode(...bytes.subarray(0, FOREIGN_START));
  const foreign = FOREIGN_IMAGES.find(({ magic }) => magic.test(start));
  if (foreign) return foreignImage(foreign);
  const known = Object.values(IMAGE_FORMATS).map(({ title }) => title);
  const what =
    bytes.length === 0 ? 'it is empty' : `it starts with the bytes ${hexadecimal(bytes.subarray(0, 8), ' ')}`;
  return new CamError(
    'BAD_IMAGE',
    `This is not an image in a known format: ${what}. Use a ${known.slice(0, -1).join(', ')} or ${known.at(-1)!} file.`,
  );
}

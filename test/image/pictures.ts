// Pictures for the tests, made rather than stored.
import { deflateSync } from 'node:zlib';
import { Jimp } from 'jimp';
import type { Picture } from '../../src/image/source.ts';

/** Every pixel, RGB or RGBA, as a function of its place. */
export function picture(
  width: number,
  height: number,
  color: (x: number, y: number) => readonly number[],
): Picture {
  const data = new Uint8ClampedArray(width * height * 4);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) data.set([...color(x, y), 255].slice(0, 4), (y * width + x) * 4);
  return { data, width, height };
}

export function pixel({ data, width }: Picture, x: number, y: number): number[] {
  return Array.from(data.subarray((y * width + x) * 4, (y * width + x) * 4 + 4));
}

/** Red, blue, green and white quarters: no turn or mirroring leaves them as they are. */
export const QUARTERS: Picture = picture(32, 16, (x, y) => [
  ...(y < 8 ? (x < 16 ? [255, 0, 0] : [0, 0, 255]) : x < 16 ? [0, 255, 0] : [255, 255, 255]),
  255,
]);

export type Mime = 'image/png' | 'image/jpeg' | 'image/bmp' | 'image/gif' | 'image/tiff';

export async function encodeWith(mime: Mime, { data, width, height }: Picture): Promise<Uint8Array> {
  const image = Jimp.fromBitmap({ data: data.slice(), width, height });
  return new Uint8Array(await image.getBuffer(mime));
}

/** A JPEG with an EXIF segment (CIPA DC-008) that holds nothing but the orientation, 1 to 8. */
export function withOrientation(jpeg: Uint8Array, orientation: number, littleEndian: boolean): Uint8Array {
  const segment = new Uint8Array(2 + 2 + 6 + 26);
  const view = new DataView(segment.buffer);
  const tiff = new DataView(segment.buffer, 10);
  view.setUint16(0, 0xffe1);
  view.setUint16(2, segment.length - 2);
  segment.set(ascii('Exif'), 4);
  tiff.setUint16(0, littleEndian ? 0x4949 : 0x4d4d);
  tiff.setUint16(2, 42, littleEndian);
  tiff.setUint32(4, 8, littleEndian);
  tiff.setUint16(8, 1, littleEndian);
  tiff.setUint16(10, 0x0112, littleEndian);
  tiff.setUint16(12, 3, littleEndian);
  tiff.setUint32(14, 1, littleEndian);
  tiff.setUint16(18, orientation, littleEndian);
  return new Uint8Array([...jpeg.subarray(0, 2), ...segment, ...jpeg.subarray(2)]);
}

/** A PNG file around the given rows, each led by its filter byte, with chunks such as a palette before them. */
export function rawPng(
  header: { width: number; height: number; depth: number; type: number; interlace?: number },
  rows: readonly number[],
  extra: readonly (readonly [type: string, body: readonly number[]])[] = [],
): Uint8Array {
  const { width, height, depth, type, interlace = 0 } = header;
  const chunks = [
    ['IHDR', [...uint32(width), ...uint32(height), depth, type, 0, 0, interlace]] as const,
    ...extra,
    ['IDAT', [...deflateSync(Uint8Array.from(rows))]] as const,
    ['IEND', []] as const,
  ];
  const bytes = chunks.flatMap(([name, body]) => {
    const checked = [...ascii(name), ...body];
    return [...uint32(body.length), ...checked, ...uint32(crc32(checked))];
  });
  return new Uint8Array([0x89, ...ascii('PNG\r\n\x1a\n'), ...bytes]);
}

// Bit by bit, from the definition in ISO 3309.
function crc32(bytes: readonly number[]): number {
  let crc = 0xffffffff;
  for (const byte of bytes)
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (((crc ^ (byte >> bit)) & 1) * 0xedb88320);
  return ~crc >>> 0;
}

export type Inks = [cyan: number, magenta: number, yellow: number, black: number];

/**
 * A baseline JPEG of four components: a row of 8 x 8 blocks, each of one color, of which only the mean is written.
 * Adobe's marker says that the inks are stored inverted (255 is none).
 */
export function cmykJpeg(blocks: readonly Inks[]): Uint8Array {
  // Quantized by 8, the mean of a block is its level less 128, written as the difference to the block before;
  // categories 0 to 8 have the 4-bit codes 0000 to 1000.
  const levels = [[128, 128, 128, 128], ...blocks.map((inks) => inks.map((ink) => 255 - ink))];
  const bits = blocks.flatMap((_, i) =>
    levels[i + 1]!.map((level, c) => {
      const difference = level - levels[i]![c]!;
      const category = difference === 0 ? 0 : Math.floor(Math.log2(Math.abs(difference))) + 1;
      const value = difference < 0 ? difference + 2 ** category - 1 : difference;
      const endOfBlock = '0';
      return binary(category, 4) + (category > 0 ? binary(value, category) : '') + endOfBlock;
    }),
  );
  const stream = bits.join('').padEnd(Math.ceil(bits.join('').length / 8) * 8, '1');
  const scan = stream
    .match(/.{8}/g)!
    .flatMap((byte) => (byte === '11111111' ? [0xff, 0] : [parseInt(byte, 2)]));
  const components = [1, 2, 3, 4];
  return new Uint8Array([
    ...[0xff, 0xd8],
    ...segment(0xee, [...ascii('Adobe'), 0, 100, 0, 0, 0, 0, 0]),
    ...segment(0xdb, [0, ...Array<number>(64).fill(8)]),
    ...segment(0xc0, [8, 0, 8, 0, 8 * blocks.length, 4, ...components.flatMap((id) => [id, 0x11, 0])]),
    ...segment(0xc4, [0x00, 0, 0, 0, 9, ...Array<number>(12).fill(0), 0, 1, 2, 3, 4, 5, 6, 7, 8]),
    ...segment(0xc4, [0x10, 1, ...Array<number>(15).fill(0), 0]),
    ...segment(0xda, [4, ...components.flatMap((id) => [id, 0x00]), 0, 63, 0]),
    ...scan,
    ...[0xff, 0xd9],
  ]);
}

function segment(marker: number, body: number[]): number[] {
  return [0xff, marker, (body.length + 2) >> 8, (body.length + 2) & 0xff, ...body];
}

export function ascii(text: string): number[] {
  return Array.from(text, (letter) => letter.charCodeAt(0));
}

function uint32(value: number): number[] {
  return [24, 16, 8, 0].map((shift) => (value >>> shift) & 0xff);
}

function binary(value: number, length: number): string {
  return value.toString(2).padStart(length, '0');
}

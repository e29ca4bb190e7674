import { concatenate } from '../platform/bytes.ts';
import { deepPicture } from './deep.ts';
import { inflate } from './inflate.ts';
import { exifOrientation, upright } from './orientation.ts';
import { crc32 } from './png.ts';
import { type Put, type ReadColor, sampleUnpacker } from './samples.ts';
import type { DecodedPicture } from './source.ts';

/** Samples per pixel, their bits, and their conversion to red, green, blue and alpha. */
interface ColorType {
  readonly channels: number;
  readonly depths: readonly number[];
  readonly color: (png: Png) => ReadColor;
}

/** Color types of section 11.2.1, table 12. */
const COLOR_TYPES: Readonly<Record<number, ColorType>> = {
  0: { channels: 1, depths: [1, 2, 4, 8, 16], color: gray },
  2: { channels: 3, depths: [8, 16], color: trueColor },
  3: { channels: 1, depths: [1, 2, 4, 8], color: indexed },
  4: {
    channels: 2,
    depths: [8, 16],
    color:
      ({ scale }) =>
      (s, i, put) =>
        put(scale[s[i]], scale[s[i]], scale[s[i]], scale[s[i + 1]]),
  },
  6: {
    channels: 4,
    depths: [8, 16],
    color:
      ({ scale }) =>
      (s, i, put) =>
        put(scale[s[i]], scale[s[i + 1]], scale[s[i + 2]], scale[s[i + 3]]),
  },
};

/** Pixel positions of each pass: one pass, or Adam7 (section 8.2). */
const PASSES: readonly (readonly [x: number, y: number, dx: number, dy: number][])[] = [
  [[0, 0, 1, 1]],
  [
    [0, 0, 8, 8],
    [4, 0, 8, 8],
    [0, 4, 4, 8],
    [2, 0, 4, 4],
    [0, 2, 2, 4],
    [1, 0, 2, 2],
    [0, 1, 1, 2],
  ],
];

interface Png {
  readonly width: number;
  readonly height: number;
  readonly depth: number;
  readonly type: number;
  readonly interlace: number;
  /** White, or an opaque alpha, of the decoded picture. */
  readonly white: number;
  /** Maps a sample to 0..white. */
  readonly scale: Uint16Array;
  readonly palette: Uint8Array;
  readonly transparency: Uint8Array | undefined;
  readonly exif: Uint8Array | undefined;
  readonly data: readonly Uint8Array[];
}

/**
 * Decodes a PNG file (W3C PNG, third edition) of any kind, upright by its Exif orientation. 16 bits are kept.
 * Uses DecompressionStream: Jimp's decoder asks Deno for the environment, and is missing in browsers and Workers.
 * @throws {Error} with the reason, for a damaged file.
 */
export async function decodePng(bytes: Uint8Array): Promise<DecodedPicture> {
  const png = readChunks(bytes);
  const { width, height, depth, type, interlace } = png;
  const { channels, color } = COLOR_TYPES[type];
  const bits = channels * depth;
  const passes = PASSES[interlace]
    .map(([x, y, dx, dy]) => ({
      ...{ x, y, dx, dy },
      columns: Math.ceil((width - x) / dx),
      rows: Math.ceil((height - y) / dy),
    }))
    .filter(({ columns, rows }) => columns > 0 && rows > 0);
  const picture = new (depth === 16 ? Uint16Array : Uint8ClampedArray)(width * height * 4);
  const paint = color(png);
  const unpackSamples = sampleUnpacker(depth);
  let place = 0;
  const put: Put = (r, g, b, a) => {
    picture[place] = r;
    picture[place + 1] = g;
    picture[place + 2] = b;
    picture[place + 3] = a;
  };
  function* readRows(): Generator<number, void, Uint8Array> {
    for (const { x, y, dx, dy, columns, rows } of passes) {
      const length = Math.ceil((columns * bits) / 8);
      const samples = new Uint16Array(columns * channels);
      let above: Uint8Array = new Uint8Array(1 + length);
      for (let row = 0; row < rows; row++) {
        const line = yield 1 + length;
        unfilter(line, above, Math.max(1, bits >> 3));
        above = line;
        unpackSamples(samples, line, 1);
        place = 4 * ((y + row * dy) * width + x);
        for (let i = 0; i < samples.length; i += channels, place += 4 * dx) paint(samples, i, put);
      }
    }
  }
  await feedRows(png.data, readRows());
  const stored =
    picture instanceof Uint16Array ? deepPicture(picture, width, height) : { data: picture, width, height };
  return upright(stored, exifOrientation(png.exif));
}

/** Inflates rows one by one, since all of them take as much memory as the picture. */
async function feedRows(
  parts: readonly Uint8Array[],
  rows: Generator<number, void, Uint8Array>,
): Promise<void> {
  let length = rows.next().value; // of the next row; undefined after the last one
  let row = new Uint8Array(length ?? 0);
  let filled = 0;
  const take = (piece: Uint8Array): void => {
    for (let at = 0; at < piece.length;) {
      if (length === undefined) throw new Error('it holds more data than pixels');
      const some = piece.subarray(at, at + length - filled);
      row.set(some, filled);
      filled += some.length;
      at += some.length;
      if (filled < length) return;
      length = rows.next(row).value ?? undefined;
      row = new Uint8Array(length ?? 0);
      filled = 0;
    }
  };
  // One part: streams are slow over thousands of chunks.
  await inflate([concatenate(parts)], 'deflate', Infinity, take);
  if (length !== undefined) throw new Error('pixels are missing');
}

function gray({ scale, white, transparency }: Png): ReadColor {
  const clear = transparency ? uint16(transparency, 0) : -1;
  return (s, i, put) => put(scale[s[i]], scale[s[i]], scale[s[i]], s[i] === clear ? 0 : white);
}

function trueColor({ scale, white, transparency }: Png): ReadColor {
  const [red, green, blue] = transparency ? [0, 2, 4].map((at) => uint16(transparency, at)) : [-1, -1, -1];
  return (s, i, put) => {
    const alpha = s[i] === red && s[i + 1] === green && s[i + 2] === blue ? 0 : white;
    put(scale[s[i]], scale[s[i + 1]], scale[s[i + 2]], alpha);
  };
}

function indexed({ palette, transparency = new Uint8Array() }: Png): ReadColor {
  return (s, i, put) => {
    const index = s[i];
    const at = 3 * index;
    if (at >= palette.length) throw new Error(`its palette has no color ${index}`);
    put(palette[at], palette[at + 1], palette[at + 2], transparency[index] ?? 255);
  };
}

const uint16 = (bytes: Uint8Array, at: number): number => (bytes[at] << 8) | bytes[at + 1];

// Section 9: each byte is a difference from a prediction by its neighbors to the left (a), above (b) and diagonally
// (c).
const GUESSES: readonly ((a: number, b: number, c: number) => number)[] = [
  () => 0,
  (a) => a,
  (_, b) => b,
  (a, b) => (a + b) >> 1,
  (a, b, c) => {
    const pa = Math.abs(b - c);
    const pb = Math.abs(a - c);
    const pc = Math.abs(a + b - 2 * c);
    return pa <= pb && pa <= pc ? a : pb <= pc ? b : c;
  },
];

/** Of rows led by their filter. */
function unfilter(line: Uint8Array, above: Uint8Array, step: number): void {
  const filter = line[0];
  if (filter === 0) return;
  if (filter >= GUESSES.length) throw new Error(`unknown row filter ${filter}`);
  const guess = GUESSES[filter];
  for (let i = 1; i <= step; i++) line[i] += guess(0, above[i], 0);
  for (let i = step + 1; i < line.length; i++) line[i] += guess(line[i - step], above[i], above[i - step]);
}

function readChunks(bytes: Uint8Array): Png {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const chunks = new Map<string, Uint8Array>();
  const data: Uint8Array[] = [];
  for (let at = 8; !chunks.has('IEND');) {
    if (at + 12 > bytes.length) throw new Error('it ends too early');
    const length = view.getUint32(at);
    const name = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    if (at + 12 + length > bytes.length) throw new Error(`it ends inside its ${name} chunk`);
    const body = bytes.subarray(at + 8, at + 8 + length);
    if (crc32(bytes.subarray(at + 4, at + 8 + length)) !== view.getUint32(at + 8 + length))
      throw new Error(`the checksum of its ${name} chunk is wrong`);
    if (name === 'IDAT') data.push(body);
    else chunks.set(name, body);
    at += 12 + length;
  }
  const header = chunks.get('IHDR');
  if (header?.length !== 13) throw new Error('it has no header');
  const [depth, type, , , interlace] = header.subarray(8);
  if (!COLOR_TYPES[type]?.depths.includes(depth) || !PASSES[interlace]) {
    throw new Error(`PNG has no color type ${type} with ${depth} bits`);
  }
  const most = 2 ** depth - 1;
  const white = Math.max(255, most);
  return {
    width: view.getUint32(16),
    height: view.getUint32(20),
    depth,
    type,
    interlace,
    white,
    scale: Uint16Array.from({ length: most + 1 }, (_, v) => (v * white) / most),
    palette: chunks.get('PLTE') ?? new Uint8Array(),
    transparency: chunks.get('tRNS'),
    exif: chunks.get('eXIf'),
    data,
  };
}

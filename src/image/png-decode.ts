import { concatenate } from '../platform/bytes.ts';
import { deepPicture } from './deep.ts';
import { inflate } from './inflate.ts';
import { exifOrientation, upright } from './orientation.ts';
import { crc32 } from './png.ts';
import type { DecodedPicture } from './source.ts';

/** Samples per pixel, their bits, and their conversion to red, green, blue and alpha. */
interface ColorType {
  readonly channels: number;
  readonly depths: readonly number[];
  readonly color: (png: Png) => Color;
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
      (s, put) =>
        put(scale[s[0]], scale[s[0]], scale[s[0]], scale[s[1]]),
  },
  6: {
    channels: 4,
    depths: [8, 16],
    color:
      ({ scale }) =>
      (s, put) =>
        put(scale[s[0]], scale[s[1]], scale[s[2]], scale[s[3]]),
  },
};

type Color = (samples: Uint16Array, put: Put) => void;
type Put = (r: number, g: number, b: number, a: number) => void;

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
  const rowBytes = (columns: number) => Math.ceil((columns * bits) / 8);
  const size = passes.reduce((sum, { columns, rows }) => sum + rows * (1 + rowBytes(columns)), 0);
  const lines = await unpack(png.data, size);
  const picture = new (depth === 16 ? Uint16Array : Uint8ClampedArray)(width * height * 4);
  const paint = color(png);
  const samples = new Uint16Array(channels);
  const sample = SAMPLES[depth];
  let at = 0;
  let place = 0;
  const put: Put = (r, g, b, a) => {
    picture[place] = r;
    picture[place + 1] = g;
    picture[place + 2] = b;
    picture[place + 3] = a;
  };
  for (const { x, y, dx, dy, columns, rows } of passes) {
    const length = rowBytes(columns);
    let above: Uint8Array = new Uint8Array(length);
    for (let row = 0; row < rows; row++) {
      const line = lines.subarray(at + 1, at + 1 + length);
      unfilter(lines[at], line, above, Math.max(1, bits >> 3));
      above = line;
      at += 1 + length;
      for (let column = 0; column < columns; column++) {
        for (let c = 0; c < channels; c++) samples[c] = sample(line, column * channels + c);
        place = 4 * ((y + row * dy) * width + x + column * dx);
        paint(samples, put);
      }
    }
  }
  const stored =
    picture instanceof Uint16Array ? deepPicture(picture, width, height) : { data: picture, width, height };
  return upright(stored, exifOrientation(png.exif));
}

const SAMPLES: Readonly<Record<number, (line: Uint8Array, i: number) => number>> = {
  1: (line, i) => (line[i >> 3] >> (7 - (i & 7))) & 1,
  2: (line, i) => (line[i >> 2] >> (6 - 2 * (i & 3))) & 3,
  4: (line, i) => (line[i >> 1] >> (4 - 4 * (i & 1))) & 15,
  8: (line, i) => line[i],
  16: (line, i) => (line[2 * i] << 8) | line[2 * i + 1],
};

function gray({ scale, white, transparency }: Png): Color {
  const clear = transparency ? uint16(transparency, 0) : -1;
  return (s, put) => put(scale[s[0]], scale[s[0]], scale[s[0]], s[0] === clear ? 0 : white);
}

function trueColor({ scale, white, transparency }: Png): Color {
  const [red, green, blue] = transparency ? [0, 2, 4].map((at) => uint16(transparency, at)) : [-1, -1, -1];
  return (s, put) => {
    const alpha = s[0] === red && s[1] === green && s[2] === blue ? 0 : white;
    put(scale[s[0]], scale[s[1]], scale[s[2]], alpha);
  };
}

function indexed({ palette, transparency = new Uint8Array() }: Png): Color {
  return (s, put) => {
    const index = s[0];
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

function unfilter(filter: number, line: Uint8Array, above: Uint8Array, step: number): void {
  if (filter === 0) return;
  if (filter >= GUESSES.length) throw new Error(`unknown row filter ${filter}`);
  const guess = GUESSES[filter];
  for (let i = 0; i < step; i++) line[i] += guess(0, above[i], 0);
  for (let i = step; i < line.length; i++) line[i] += guess(line[i - step], above[i], above[i - step]);
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

async function unpack(parts: readonly Uint8Array[], size: number): Promise<Uint8Array> {
  const whole = new Uint8Array(size);
  // One part: streams are slow over thousands of chunks.
  const length = await inflate([concatenate(parts)], 'deflate', size, (piece, at) => whole.set(piece, at));
  if (length !== size)
    throw new Error(length < size ? 'pixels are missing' : 'it holds more data than pixels');
  return whole;
}

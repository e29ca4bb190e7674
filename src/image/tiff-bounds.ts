import { inflatePiece } from './inflate.ts';
import { hasFrame, jpegHeader, MOST_SCANS } from './jpeg.ts';
import { orientationOf, upright } from './orientation.ts';
import type { Prepared } from './prepared.ts';
import type { Picture } from './source.ts';
import { firstPage, type TiffPage, viewOf, writeTiff } from './tiff.ts';
import { disguiseOf } from './tiff-samples.ts';

/** Unpacked size of a strip or tile in bytes, counted no further than `room`. */
type Unpacked = (part: Uint8Array, room: number, page: StripLayout) => number;

/** Compressions (TIFF 6.0 section 3 and its supplements) whose unpacked size can be computed without unpacking. */
const UNPACKED: Readonly<Record<number, Unpacked>> = {
  1: ({ length }) => length,
  5: lzwSize,
  7: jpegSize,
  32773: packBitsSize,
};

/** Deflate, which is unpacked here: the decoder takes long for each strip. */
const DEFLATE = [8, 32946];

interface Kind {
  readonly bits: number;
  readonly samples: number;
  readonly compression: number;
}

/** Pixel kinds the decoder supports, by photometric interpretation. It makes up colors for others. */
const DECODED: Readonly<Record<number, (kind: Kind) => boolean>> = {
  // White is zero.
  0: (kind) => (kind.samples === 1 && [1, 4, 8].includes(kind.bits)) || isUnpackedGray(kind),
  1: (kind) =>
    (kind.bits === 8 && kind.samples <= 4 && kind.samples !== 2) ||
    (kind.samples === 1 && [1, 2].includes(kind.bits)) ||
    isUnpackedGray(kind),
  2: (kind) =>
    (kind.bits === 8 && kind.samples !== 2 && kind.samples <= 8) ||
    ([3, 4].includes(kind.samples) && isDeep(kind)),
  3: ({ bits, samples }) => (bits === 8 && samples <= 2) || (samples === 1 && [1, 2, 4].includes(bits)), // palette
  // CMYK
  5: (kind) =>
    kind.compression !== 7 &&
    ((kind.bits === 8 && kind.samples >= 4 && kind.samples <= 8) || (kind.samples === 4 && isDeep(kind))),
  6: ({ bits, samples, compression }) => compression === 7 && bits === 8 && samples === 3, // YCbCr, of a JPEG
};

/** JPEG has 8 bits. */
const isDeep = ({ bits, compression }: Kind): boolean => bits === 16 && compression !== 7;

/** Gray whose samples are told apart here. */
const isUnpackedGray = (kind: Kind): boolean =>
  kind.samples <= 2 && (isDeep(kind) || (kind.bits === 8 && kind.samples === 2 && kind.compression !== 7));

/** Names of the color spaces. */
const PHOTOMETRICS: Readonly<Record<number, string>> = {
  0: 'gray (white is zero)',
  1: 'gray',
  2: 'RGB',
  3: 'a palette',
  4: 'a mask',
  5: 'CMYK',
  6: 'YCbCr',
  8: 'CIELab',
};

/** Sample formats (section 19) that are not read. */
const FORMATS_OF_SAMPLES: Readonly<Record<number, string>> = {
  2: 'signed integers',
  3: 'floating-point numbers',
  4: 'of an undefined format',
  5: 'complex integers',
  6: 'complex numbers',
};

/** More strips or tiles than real pages have, each of which takes time. */
const MOST_PARTS = 65_536;

interface StripLayout {
  readonly tiled: boolean;
  /** Size of a strip or tile. */
  readonly columns: number;
  readonly rows: number;
  readonly count: number;
  readonly bits: number;
  readonly compression: number;
  readonly jpegTables: Uint8Array;
}

/**
 * The first page of a TIFF file as a new file, bounded in memory and time by its size: the decoder (utif2) unpacks
 * everything it finds, in every corner of a file.
 * @throws {Error} with the reason, for a damaged or unsupported file.
 */
export async function preparedTiff(bytes: Uint8Array, maxPixels: number): Promise<Prepared> {
  const page = firstPage(viewOf(bytes));
  const layout = stripLayout(page, maxPixels);
  const { tiled, columns, rows, count, bits, compression } = layout;
  const [offsets, sizes] = tiled
    ? [page.values('tileOffsets'), page.values('tileBytes')]
    : [page.values('stripOffsets'), page.values('stripBytes')];
  const room = rows * Math.ceil((columns * bits) / 8);
  if (offsets.length < count) throw new Error('pixels are missing');
  // Strips may overlap, as blank ones do, but not so that a small file becomes a large one.
  let left = bytes.length + 2 * room * count;
  const deflated = DEFLATE.includes(compression);
  const parts: Uint8Array[] = [];
  for (let i = 0; i < count; i++) {
    const size = sizes[i] ?? (compression === 1 ? room : 0);
    const part = bytes.subarray(offsets[i], offsets[i] + size);
    left -= part.length;
    if (left < 0) throw new Error('its strips overlap');
    // Between zlib's header and checksum.
    const unpacked = deflated ? await inflatePiece(part.subarray(2, -4), room) : part;
    if (!unpacked || (!deflated && UNPACKED[compression](part, room, layout) > room))
      throw new Error('it holds more data than pixels');
    parts.push(unpacked);
  }
  const orientation = orientationOf(page.values('orientation')[0]);
  const { tags, finish } = disguiseOf(page) ?? { finish: (picture: Picture) => picture };
  const plain = deflated ? { compression: [1], ...(!tiled && { rowsPerStrip: [page.height] }) } : {};
  return {
    file: writeTiff(page, tiled, deflated && !tiled ? [joinedStrips(parts, room)] : parts, {
      ...plain,
      ...tags,
    }),
    finish: (decoded) => upright(finish(decoded), orientation),
  };
}

/** Strips as one; those that are cut short are filled up with zeros. */
function joinedStrips(strips: readonly Uint8Array[], room: number): Uint8Array {
  const out = new Uint8Array((strips.length - 1) * room + (strips.at(-1)?.length ?? 0));
  strips.forEach((strip, i) => out.set(strip, i * room));
  return out;
}

function stripLayout(page: TiffPage, maxPixels: number): StripLayout {
  const { width, height, values } = page;
  const [
    [compression = 1],
    [bits = 1],
    [samples = 1],
    [planar = 1],
    [photometric = 2],
    [format = 1],
    [inkSet = 1],
  ] = (['compression', 'bits', 'samples', 'planar', 'photometric', 'sampleFormat', 'inkSet'] as const).map(
    values,
  );
  if (!Object.hasOwn(UNPACKED, compression) && !DEFLATE.includes(compression))
    throw new Error(`compression ${compression} is not supported`);
  if (planar !== 1 && samples > 1) throw new Error('its colors are stored in separate planes');
  if (inkSet !== 1) throw new Error('its inks are not cyan, magenta, yellow and black');
  if (format !== 1) {
    const what = FORMATS_OF_SAMPLES[format] ?? 'of an unknown format';
    throw new Error(
      `its samples are ${what}, for which TIFF defines no white. Scale them to unsigned integers, or pass a .npy tensor`,
    );
  }
  if (!DECODED[photometric]?.({ bits, samples, compression }))
    throw new Error(
      `${PHOTOMETRICS[photometric] ?? `photometric interpretation ${photometric}`} with ${samples} × ${bits} bits${compression === 7 ? ', compressed as JPEG,' : ''} is not supported`,
    );
  const [tileWidth] = values('tileWidth');
  const tiled = tileWidth !== undefined;
  const columns = tiled ? tileWidth : width;
  const rows = tiled ? (values('tileHeight')[0] ?? 0) : Math.min(values('rowsPerStrip')[0] ?? height, height);
  const count = Math.ceil(width / columns) * Math.ceil(height / rows);
  // Tiles may extend past the edges of the page.
  if (!(columns > 0 && rows > 0) || count * columns * rows > 4 * maxPixels)
    throw new Error(`its tiles are ${columns} x ${rows} pixels`);
  if (count > MOST_PARTS) throw new Error(`it has ${count} strips or tiles; the limit is ${MOST_PARTS}`);
  const jpegTables = Uint8Array.from(values('jpegTables'));
  return { tiled, columns, rows, count, bits: bits * samples, compression, jpegTables };
}

/** Section 13: each code's string is one longer than the previous code's. */
function lzwSize(part: Uint8Array, room: number): number {
  const lengths = new Uint16Array(4096).fill(1, 0, 256);
  let [size, next, bits, before] = [0, 258, 9, -1];
  for (let at = 0; at + bits <= 8 * part.length && size <= room;) {
    const byte = at >> 3;
    const word = (part[byte] << 16) | ((part[byte + 1] ?? 0) << 8) | (part[byte + 2] ?? 0);
    const code = (word >> (24 - bits - (at & 7))) & ((1 << bits) - 1);
    at += bits;
    if (code === 257) break;
    if (code === 256) {
      [next, bits, before] = [258, 9, -1];
      continue;
    }
    if (before >= 0 && next < 4096) lengths[next++] = lengths[before] + 1;
    if (code >= next) throw new Error('its LZW codes are damaged');
    size += lengths[code];
    before = code;
    if (next + 1 >= 1 << bits && bits < 12) bits++;
  }
  return size;
}

/** Section 9. */
function packBitsSize(part: Uint8Array, room: number): number {
  let size = 0;
  for (let at = 0; at < part.length && size <= room;) {
    const head = part[at];
    if (head !== 128) size += head < 128 ? head + 1 : 257 - head;
    at += head < 128 ? head + 2 : head > 128 ? 2 : 1;
  }
  return size;
}

/** A complete JPEG, possibly with separate tables; as many pixels as the strip or tile, whatever its components. */
function jpegSize(part: Uint8Array, room: number, { columns, rows, jpegTables }: StripLayout): number {
  if (hasFrame(viewOf(jpegTables))) throw new Error('its JPEG tables contain an image');
  const { width, height, scans = 1 } = jpegHeader(viewOf(part));
  return width > columns || height > rows || scans > MOST_SCANS ? room + 1 : 0;
}

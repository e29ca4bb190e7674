import { concatenate } from '../platform/bytes.ts';
import { deepPicture } from './deep.ts';
import { jpegHeader, MOST_SCANS } from './jpeg.ts';
import { orientationOf, upright } from './orientation.ts';
import { sampleUnpacker } from './samples.ts';
import type { DecodedPicture, Picture } from './source.ts';
import { firstPage, MOST_PARTS, type TiffPage, viewOf } from './tiff.ts';
import { colorReader, JPEG_CODED, type SampleKind } from './tiff-colors.ts';
import { UNPACK } from './tiff-parts.ts';

/** Decodes a strip or tile that is a JPEG. */
type DecodeJpeg = (bytes: Uint8Array) => Promise<Picture>;

/** Sample formats (section 19) that are not read. */
const FORMATS_OF_SAMPLES: ReadonlyMap<number, string> = new Map([
  [2, 'signed integers'],
  [3, 'floating-point numbers'],
  [4, 'of an undefined format'],
  [5, 'complex integers'],
  [6, 'complex numbers'],
]);

/** Those that are JPEGs take longer. */
const MOST_JPEGS = 16_384;
/** Pixels of a tile that a small page may have. */
const LARGEST_TILE = 2 ** 24;

interface PartLayout extends SampleKind {
  readonly tiled: boolean;
  /** Size of a strip or tile. */
  readonly columns: number;
  readonly rows: number;
  readonly across: number;
  readonly count: number;
}

/**
 * Decodes the first page of a TIFF file, in memory bounded by its pixels and in time bounded by the file. Pages with 16
 * bits a sample keep them.
 * @throws {Error} with the reason, for a damaged or unsupported file.
 */
export async function decodeTiff(bytes: Uint8Array, decodeJpeg: DecodeJpeg): Promise<DecodedPicture> {
  const page = firstPage(viewOf(bytes));
  const layout = partLayout(page);
  const { columns, rows, across, samples, bits, compression } = layout;
  const color = colorReader(page, layout);
  const { width, height } = page;
  const data = new (bits === 16 ? Uint16Array : Uint8ClampedArray)(4 * width * height);
  let place = 0;
  const put = (r: number, g: number, b: number, a: number): void => {
    data[place] = r;
    data[place + 1] = g;
    data[place + 2] = b;
    data[place + 3] = a;
  };
  const parts = packedParts(bytes, page, layout);
  for (let i = 0; i < parts.length; i++) {
    const [left, top] = [(i % across) * columns, Math.floor(i / across) * rows];
    const row = new Uint16Array(samples * Math.min(columns, width - left));
    const read =
      compression === JPEG_CODED
        ? jpegRows(await decodedPart(parts[i], page, layout, decodeJpeg), samples)
        : packedRows(await UNPACK.get(compression)!(parts[i], partSize(layout)), page, layout);
    for (let y = 0; y < Math.min(rows, height - top); y++) {
      read(row, y);
      place = 4 * ((top + y) * width + left);
      for (let at = 0; at < row.length; at += samples, place += 4) color(row, at, put);
    }
  }
  const picture = data instanceof Uint16Array ? deepPicture(data, width, height) : { data, width, height };
  return upright(picture, orientationOf(page.values('orientation')[0]));
}

/**
 * The strips or tiles as they are packed.
 * @throws {Error} when some are missing, or share bytes: a small file would become a large one.
 */
function packedParts(bytes: Uint8Array, page: TiffPage, layout: PartLayout): Uint8Array[] {
  const { tiled, count, compression } = layout;
  const offsets = page.values(tiled ? 'tileOffsets' : 'stripOffsets');
  const sizes = page.values(tiled ? 'tileBytes' : 'stripBytes');
  if (offsets.length < count) throw new Error('pixels are missing');
  const parts = offsets.slice(0, count).map((offset, i) => {
    const size = sizes[i] ?? (compression === 1 ? partSize(layout) : 0);
    return bytes.subarray(offset, offset + size);
  });
  const packed = parts.reduce((sum, { length }) => sum + length, 0);
  if (packed > bytes.length) throw new Error('its strips overlap');
  return page.values('fillOrder')[0] === 2 ? parts.map((part) => part.map(bitsReversed)) : parts;
}

/** A byte with its bits in reverse. */
function bitsReversed(byte: number): number {
  let out = 0;
  for (let bit = 0; bit < 8; bit++) out |= ((byte >> bit) & 1) << (7 - bit);
  return out;
}

/** Unpacked size of a strip or tile in bytes. */
const partSize = ({ columns, rows, samples, bits }: PartLayout): number =>
  rows * Math.ceil((columns * samples * bits) / 8);

function partLayout(page: TiffPage): PartLayout {
  const { width, height, values } = page;
  const [
    [compression = 1],
    [bits = 1],
    [samples = 1],
    [planar = 1],
    [photometric = 2],
    [format = 1],
    [inkSet = 1],
    [predictor = 1],
  ] = (
    [
      'compression',
      'bits',
      'samples',
      'planar',
      'photometric',
      'sampleFormat',
      'inkSet',
      'predictor',
    ] as const
  ).map(values);
  if (compression !== JPEG_CODED && !UNPACK.has(compression))
    throw new Error(`compression ${compression} is not supported`);
  if (planar !== 1 && samples > 1) throw new Error('its colors are stored in separate planes');
  if (inkSet !== 1) throw new Error('its inks are not cyan, magenta, yellow and black');
  if (format !== 1) {
    const what = FORMATS_OF_SAMPLES.get(format) ?? 'of an unknown format';
    throw new Error(
      `its samples are ${what}, for which TIFF defines no white. Scale them to unsigned integers, or pass a .npy tensor`,
    );
  }
  if (predictor > HORIZONTAL || (predictor === HORIZONTAL && bits < 8))
    throw new Error(`predictor ${predictor} with ${bits} bits is not supported`);
  const [tileWidth] = values('tileWidth');
  const tiled = tileWidth !== undefined;
  const columns = tiled ? tileWidth : width;
  const rows = tiled ? (values('tileHeight')[0] ?? 0) : Math.min(values('rowsPerStrip')[0] ?? height, height);
  const across = Math.ceil(width / columns);
  const count = across * Math.ceil(height / rows);
  // Tiles may extend past the edges of the page.
  if (!(columns > 0 && rows > 0) || count * columns * rows > 4 * width * height + LARGEST_TILE)
    throw new Error(`its tiles are ${columns} x ${rows} pixels`);
  const most = compression === JPEG_CODED ? MOST_JPEGS : MOST_PARTS;
  if (count > most) throw new Error(`it has ${count} strips or tiles; the limit is ${most}`);
  return { tiled, columns, rows, across, count, photometric, bits, samples, compression };
}

/** Fills a row with the samples of row `y`. */
type ReadRow = (row: Uint16Array, y: number) => void;

/** The predictor by which samples are differences along the row (section 14). */
const HORIZONTAL = 2;

/** Rows of samples that are packed one after the other; what is cut short is zero. */
function packedRows(part: Uint8Array, { littleEndian, values }: TiffPage, layout: PartLayout): ReadRow {
  const { columns, samples, bits } = layout;
  const length = Math.ceil((columns * samples * bits) / 8);
  const differs = values('predictor')[0] === HORIZONTAL;
  const most = 2 ** bits - 1;
  const unpack = sampleUnpacker(bits, littleEndian);
  return (row, y) => {
    unpack(row, part, y * length);
    if (differs) for (let i = samples; i < row.length; i++) row[i] = (row[i] + row[i - samples]) & most;
  };
}

/** Rows of a decoded JPEG. */
const jpegRows =
  ({ data, width, height }: Picture, samples: number): ReadRow =>
  (row, y) => {
    row.fill(0);
    if (y >= height) return;
    const pixels = Math.min(width, row.length / samples);
    for (let x = 0; x < pixels; x++)
      for (let c = 0; c < samples; c++) row[x * samples + c] = data[4 * (y * width + x) + c];
  };

const MARKER = 2; // bytes of the markers that start and end a JPEG

/** A complete JPEG, possibly with separate tables, no larger than the strip or tile. */
async function decodedPart(
  part: Uint8Array,
  { values }: TiffPage,
  { columns, rows, samples }: PartLayout,
  decodeJpeg: DecodeJpeg,
): Promise<Picture> {
  const tables = Uint8Array.from(values('jpegTables'));
  const file = tables.length > 0 ? concatenate([tables.subarray(0, -MARKER), part.subarray(MARKER)]) : part;
  const { width, height, components = 0, scans = 1 } = jpegHeader(viewOf(file));
  if (components !== samples || scans > MOST_SCANS) throw new Error('it holds more data than pixels');
  if (width > columns || height > rows) throw new Error('it holds more data than pixels');
  const picture = await decodeJpeg(file);
  if (picture.width !== width || picture.height !== height) throw new Error('a strip of it is turned');
  return picture;
}

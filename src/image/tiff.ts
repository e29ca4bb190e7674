/** The first page of a TIFF file (TIFF 6.0 section 2): the tags that locate and describe its pixels. */
export interface TiffPage {
  /** The first values of a tag; empty if the page does not have it. */
  readonly values: (tag: Tag) => readonly number[];
  readonly littleEndian: boolean;
  readonly width: number;
  readonly height: number;
  /** First byte after the page's last strip or tile. */
  readonly end: number;
}

type Tag = keyof typeof TAGS;

/** More strips or tiles than real pages have, each of which takes time. */
export const MOST_PARTS = 65_536;

/** The tags that decoding needs; further pages, thumbnails and camera notes are ignored. */
const TAGS = {
  width: 256,
  height: 257,
  bits: 258,
  compression: 259,
  photometric: 262,
  fillOrder: 266,
  stripOffsets: 273,
  orientation: 274,
  samples: 277,
  rowsPerStrip: 278,
  stripBytes: 279,
  planar: 284,
  predictor: 317,
  palette: 320,
  tileWidth: 322,
  tileHeight: 323,
  tileOffsets: 324,
  tileBytes: 325,
  inkSet: 332,
  extraSamples: 338,
  sampleFormat: 339,
  jpegTables: 347,
} as const;

/** How many values of a tag are read, if more than one. */
const MOST_VALUES: Readonly<Partial<Record<Tag, number>>> = {
  stripOffsets: MOST_PARTS,
  stripBytes: MOST_PARTS,
  palette: 3 * 256,
  tileOffsets: MOST_PARTS,
  tileBytes: MOST_PARTS,
  jpegTables: 65_536,
};

const READERS: Record<number, { bytes: number; read: 'getUint8' | 'getUint16' | 'getUint32' }> = {
  1: { bytes: 1, read: 'getUint8' },
  3: { bytes: 2, read: 'getUint16' },
  4: { bytes: 4, read: 'getUint32' },
  7: { bytes: 1, read: 'getUint8' },
};

/** The entries of a file's first directory, by tag. */
export interface TiffEntries {
  readonly littleEndian: boolean;
  readonly has: (tag: number) => boolean;
  /** The first values of a tag; empty if there is none, or of another type. */
  readonly numbers: (tag: number, most?: number) => readonly number[];
}

/** @throws {RangeError} when the file is truncated. */
export function entriesOf(view: DataView): TiffEntries {
  const littleEndian = view.getUint8(0) === 0x49;
  const at = view.getUint32(4, littleEndian);
  const count = view.getUint16(at, littleEndian);
  const entries = new Map<number, number>();
  for (let i = 0; i < count; i++) {
    const entry = at + 2 + 12 * i;
    entries.set(view.getUint16(entry, littleEndian), entry);
  }
  return {
    littleEndian,
    has: (tag) => entries.has(tag),
    numbers(tag, most = 1) {
      const entry = entries.get(tag);
      return entry === undefined ? [] : valuesOf(view, entry, littleEndian, most);
    },
  };
}

/** @throws {RangeError} when the file is truncated. */
export function firstPage(view: DataView): TiffPage {
  const { littleEndian, numbers } = entriesOf(view);
  const values: TiffPage['values'] = (tag) => numbers(TAGS[tag], MOST_VALUES[tag]);
  const [offsets, bytes] = [
    [...values('stripOffsets'), ...values('tileOffsets')],
    [...values('stripBytes'), ...values('tileBytes')],
  ];
  return {
    values,
    littleEndian,
    width: values('width')[0] ?? 0,
    height: values('height')[0] ?? 0,
    end: offsets.reduce((end, offset, i) => Math.max(end, offset + (bytes[i] ?? 0)), 0),
  };
}

function valuesOf(view: DataView, entry: number, little: boolean, most: number): number[] {
  const reader = READERS[view.getUint16(entry + 2, little)];
  if (!reader) return [];
  const count = view.getUint32(entry + 4, little);
  const at = count * reader.bytes <= 4 ? entry + 8 : view.getUint32(entry + 8, little);
  if (at + count * reader.bytes > view.byteLength)
    throw new RangeError('a TIFF directory points past the end');
  return Array.from({ length: Math.min(count, most) }, (_, i) =>
    view[reader.read](at + i * reader.bytes, little),
  );
}

/** A view of bytes. */
export const viewOf = ({ buffer, byteOffset, byteLength }: Uint8Array): DataView =>
  new DataView(buffer, byteOffset, byteLength);

/** Where in the file a TIFF page keeps its pixels, and how many there are. */
export interface TiffPage {
  width: number;
  height: number;
  /** First byte after the page's last strip or tile. */
  end: number;
}

const TAGS = {
  width: 256,
  height: 257,
  stripOffsets: 273,
  stripBytes: 279,
  tileOffsets: 324,
  tileBytes: 325,
} as const;
const READERS: Record<number, { bytes: number; read: 'getUint16' | 'getUint32' }> = {
  3: { bytes: 2, read: 'getUint16' },
  4: { bytes: 4, read: 'getUint32' },
};

/** The pages of a TIFF file, by the directories of TIFF 6.0 section 2. Throws RangeError where the file is cut short. */
export function tiffPages(view: DataView): TiffPage[] {
  const little = view.getUint8(0) === 0x49;
  const pages: TiffPage[] = [];
  const seen = new Set<number>();
  let at = view.getUint32(4, little);
  while (at !== 0 && !seen.has(at)) {
    seen.add(at);
    const count = view.getUint16(at, little);
    const entries = new Map<number, number[]>();
    for (let i = 0; i < count; i++) {
      const entry = at + 2 + 12 * i;
      entries.set(view.getUint16(entry, little), values(view, entry, little));
    }
    const of = (tag: keyof typeof TAGS) => entries.get(TAGS[tag]) ?? [];
    const [offsets, bytes] = [
      [...of('stripOffsets'), ...of('tileOffsets')],
      [...of('stripBytes'), ...of('tileBytes')],
    ];
    pages.push({
      width: of('width')[0] ?? 0,
      height: of('height')[0] ?? 0,
      end: offsets.reduce((end, offset, i) => Math.max(end, offset + (bytes[i] ?? 0)), 0),
    });
    at = view.getUint32(at + 2 + 12 * count, little);
  }
  return pages;
}

function values(view: DataView, entry: number, little: boolean): number[] {
  const reader = READERS[view.getUint16(entry + 2, little)];
  if (!reader) return [];
  const count = view.getUint32(entry + 4, little);
  const at = count * reader.bytes <= 4 ? entry + 8 : view.getUint32(entry + 8, little);
  if (at + count * reader.bytes > view.byteLength)
    throw new RangeError('a TIFF directory points past the end');
  return Array.from({ length: count }, (_, i) => view[reader.read](at + i * reader.bytes, little));
}

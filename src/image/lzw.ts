/** How a format packs LZW codes. */
interface Packing {
  /** Bits of a plain value, 1 to 8. */
  readonly depth: number;
  /** Whether a byte's highest bit comes first. */
  readonly highFirst: boolean;
  /** How many codes before it must a code grow by a bit. */
  readonly early: 0 | 1;
}

/** GIF89a, appendix F. */
export const gifPacking = (depth: number): Packing => ({ depth, highFirst: false, early: 0 });

/** TIFF 6.0, section 13. */
export const TIFF_PACKING: Packing = { depth: 8, highFirst: true, early: 1 };

const MOST_CODES = 4096;
const MOST_BITS = 12;

/**
 * At most `room` values. A code stands for a string of them; each code but the first after a clear adds a string: that
 * of the code before it, and one value more.
 * @throws {Error} for a code that no string has, and for more values.
 */
export function unpackLzw(
  packed: Uint8Array,
  room: number,
  { depth, highFirst, early }: Packing,
): Uint8Array {
  const [clear, stop] = [1 << depth, (1 << depth) + 1];
  const prefixes = new Uint16Array(MOST_CODES);
  const lengths = new Uint16Array(MOST_CODES).fill(1, 0, clear);
  const firsts = new Uint8Array(MOST_CODES).map((_, code) => (code < clear ? code : 0));
  const lasts = firsts.slice();
  const values = new Uint8Array(room);
  let [filled, next, bits, before] = [0, stop + 1, depth + 1, -1];
  let [word, held] = [0, 0]; // bits not used yet
  for (const byte of packed) {
    word = highFirst ? ((word << 8) | byte) & 0xfffff : word | (byte << held);
    held += 8;
    while (held >= bits) {
      const code = (highFirst ? word >>> (held - bits) : word) & ((1 << bits) - 1);
      if (!highFirst) word >>>= bits;
      held -= bits;
      if (code === stop) return values.subarray(0, filled);
      if (code === clear) {
        [next, bits, before] = [stop + 1, depth + 1, -1];
        continue;
      }
      if (before >= 0 && next < MOST_CODES) {
        prefixes[next] = before;
        lengths[next] = lengths[before] + 1;
        firsts[next] = firsts[before];
        lasts[next] = firsts[code];
        next++;
        if (next + early >= 1 << bits && bits < MOST_BITS) bits++;
      }
      if (code >= next) throw new Error('its LZW codes are damaged');
      const end = filled + lengths[code];
      if (end > room) throw new Error('it holds more data than pixels');
      for (let at = end - 1, rest = code; at >= filled; at--, rest = prefixes[rest]) values[at] = lasts[rest];
      filled = end;
      before = code;
    }
  }
  return values.subarray(0, filled);
}

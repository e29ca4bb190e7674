import { inflatePiece } from './inflate.ts';
import { TIFF_PACKING, unpackLzw } from './lzw.ts';

type Unpack = (part: Uint8Array, room: number) => Uint8Array | Promise<Uint8Array>;

/** How a strip or tile of at most `room` bytes is unpacked, by compression (TIFF 6.0 section 3 and its supplements). */
export const UNPACK: ReadonlyMap<number, Unpack> = new Map<number, Unpack>([
  [1, (part, room) => (part.length > room ? tooMuch() : part)],
  [5, (part, room) => unpackLzw(part, room, TIFF_PACKING)],
  [8, inflated],
  [32773, unpackBits],
  [32946, inflated],
]);

/** Between zlib's header and checksum. */
async function inflated(part: Uint8Array, room: number): Promise<Uint8Array> {
  return (await inflatePiece(part.subarray(2, -4), room)) ?? tooMuch();
}

/** Section 9. */
function unpackBits(part: Uint8Array, room: number): Uint8Array {
  const out = new Uint8Array(room);
  let filled = 0;
  for (let at = 0; at < part.length;) {
    const head = part[at++];
    if (head === 128) continue;
    const end = filled + (head < 128 ? head + 1 : 257 - head);
    if (end > room) tooMuch();
    if (head < 128) {
      out.set(part.subarray(at, at + end - filled), filled);
      at += end - filled;
    } else out.fill(part[at++] ?? 0, filled, end);
    filled = end;
  }
  return out.subarray(0, filled);
}

function tooMuch(): never {
  throw new Error('it holds more data than pixels');
}

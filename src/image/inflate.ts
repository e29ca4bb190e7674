import type { Bytes } from '../platform/bytes.ts';
import { canInflateNow, inflateNow } from '../platform/deflate.ts';

/**
 * Decompresses piece by piece and returns the number of bytes. Stops as soon as they exceed `room`, or `take` throws,
 * whatever the data holds.
 */
export async function inflate(
  parts: readonly Uint8Array[],
  format: CompressionFormat,
  room: number,
  take: (piece: Uint8Array, at: number) => void,
): Promise<number> {
  const packed = new Blob(parts as Bytes[]).stream();
  const reader = packed.pipeThrough(new DecompressionStream(format)).getReader();
  let at = 0;
  try {
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      const { value } = read;
      if (at + value.length > room) return at + value.length;
      take(value, at);
      at += value.length;
    }
    return at;
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

/**
 * Decompresses a small piece of raw deflate data; undefined if it holds more than `room` bytes.
 * @throws {Error} for damaged data.
 */
export async function inflatePiece(piece: Uint8Array, room: number): Promise<Uint8Array | undefined> {
  if (canInflateNow()) return inflateNow(piece, room);
  const out = new Uint8Array(room);
  const size = await inflate([piece], 'deflate-raw', room, (part, at) => out.set(part, at));
  return size > room ? undefined : out.subarray(0, size);
}

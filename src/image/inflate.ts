import type { Bytes } from '../platform/bytes.ts';

/**
 * Decompresses piece by piece and returns the number of bytes. Stops as soon as they exceed `room`, whatever the data
 * holds.
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
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return at;
    if (at + value.length > room) {
      await reader.cancel().catch(() => undefined);
      return at + value.length;
    }
    take(value, at);
    at += value.length;
  }
}

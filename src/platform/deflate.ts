import type { Bytes } from './bytes.ts';
import { nodeModule } from './node.ts';
import { runtime } from './runtime.ts';

/**
 * Compresses filtered rows in zlib's format, in parts. Where zlib is available it encodes runs only: a quarter of the
 * time at the same size, on a photo. Elsewhere CompressionStream, which every runtime has.
 */
export async function deflateRows(bytes: Bytes): Promise<readonly Uint8Array[]> {
  return HAS_ZLIB.includes(runtime()) ? [await runs(bytes)] : stream(bytes);
}

const HAS_ZLIB: readonly string[] = ['node', 'deno', 'bun'];

async function runs(bytes: Uint8Array): Promise<Uint8Array> {
  const { constants, deflate } = nodeModule('node:zlib');
  return new Promise((resolve, reject) =>
    deflate(bytes, { strategy: constants.Z_RLE }, (cause, packed) =>
      cause ? reject(cause) : resolve(packed),
    ),
  );
}

/** Reads the stream by hand: the first Response or Blob makes Node load its whole fetch implementation. */
async function stream(bytes: Bytes): Promise<readonly Uint8Array[]> {
  const { writable, readable } = new CompressionStream('deflate');
  const writer = writable.getWriter();
  const written = Promise.all([writer.write(bytes), writer.close()]);
  const parts: Uint8Array[] = [];
  const reader = readable.getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) parts.push(part.value);
  await written;
  return parts;
}

/** Whether `inflateNow` works: for thousands of small pieces, streams take seconds. */
export const canInflateNow = (): boolean => HAS_ZLIB.includes(runtime());

/**
 * Inflates raw deflate data of at most `room` bytes, up to where they end or break off; undefined if there are more.
 * @throws {Error} for damaged data.
 */
export function inflateNow(bytes: Uint8Array, room: number): Uint8Array | undefined {
  const { constants, inflateRawSync } = nodeModule('node:zlib');
  try {
    return inflateRawSync(bytes, { maxOutputLength: room, finishFlush: constants.Z_SYNC_FLUSH });
  } catch (cause) {
    if ((cause as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE') return undefined;
    throw cause;
  }
}

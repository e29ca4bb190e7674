import { CamError } from '../errors.ts';

const PAGE = 65536;

/** Room in the kernels' memory, for the length of one call. Offsets are in bytes and 16-byte aligned. */
export interface Arena {
  /** The offset of `bytes` fresh bytes; what they hold is undefined. */
  take(bytes: number): number;
  /** The offset of a copy of `data`. */
  put(data: Float32Array | Uint8Array | Uint8ClampedArray): number;
}

/**
 * Lends out `memory` from its start, growing it when needed. Everything is given back when `work` returns, so the memory
 * is only ever as large as the largest single call. Growth detaches every view: make them anew after each `take`.
 */
export function withArena<T>(memory: WebAssembly.Memory, work: (arena: Arena) => T): T {
  let top = 0;
  const take = (bytes: number): number => {
    const at = top;
    top += Math.ceil(bytes / 16) * 16;
    const missing = top - memory.buffer.byteLength;
    if (missing > 0) grow(memory, Math.ceil(missing / PAGE));
    return at;
  };
  const put: Arena['put'] = (data) => {
    const at = take(data.byteLength);
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    new Uint8Array(memory.buffer).set(bytes, at);
    return at;
  };
  return work({ take, put });
}

function grow(memory: WebAssembly.Memory, pages: number): void {
  try {
    memory.grow(pages);
  } catch (cause) {
    const mib = Math.ceil((memory.buffer.byteLength + pages * PAGE) / 2 ** 20);
    throw new CamError(
      'RUNTIME',
      `The kernels need ${mib} MiB at once, and the runtime does not give that much. ` +
        'Use a smaller image or a layer with fewer or smaller channels.',
      { cause },
    );
  }
}

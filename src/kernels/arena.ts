import { CamError } from '../errors.ts';

const PAGE = 65536;

/** Memory of the kernels for the length of one call. Offsets are in bytes and 16-byte aligned. */
export interface Arena {
  /** The offset of `bytes` new bytes, uninitialized. */
  take(bytes: number): number;
  /** Copies `data` and returns its offset. */
  put(data: Float32Array | Uint8Array | Uint8ClampedArray): number;
}

/**
 * Allocates from the start of `memory`, which grows on demand. Everything is freed when `work` returns, so the memory
 * is only as large as the largest single call. Growth detaches every view: create views after each `take`.
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
      `The kernels need ${mib} MiB at once, more than the runtime allows. ` +
        'Use a smaller image or a layer with fewer or smaller channels.',
      { cause },
    );
  }
}

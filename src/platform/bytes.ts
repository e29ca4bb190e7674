// Arrays over unshared memory, for any TypeScript version: before 5.7 they are not generic, and since then the plain
// name includes shared memory, which many browser APIs reject.

/** `Uint8Array<ArrayBuffer>`, as in `new Blob([bytes])`. */
export type Bytes = InstanceType<typeof Uint8Array>;

/** RGBA bytes of a picture, row by row, as in `new ImageData(data, width, height)`. */
export type Pixels = InstanceType<typeof Uint8ClampedArray>;

export function concatenate(parts: readonly ArrayLike<number>[]): Bytes {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Bytes as pairs of hexadecimal digits. */
export const hexadecimal = (bytes: Uint8Array, separator = ''): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(separator);

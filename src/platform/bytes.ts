// Arrays over unshared memory, for any TypeScript version: before 5.7 they are not generic, and since then the plain
// name includes shared memory, which many browser APIs reject.

/** `Uint8Array<ArrayBuffer>`, as in `new Blob([bytes])`. */
export type Bytes = InstanceType<typeof Uint8Array>;

/** RGBA bytes of a picture, row by row, as in `new ImageData(data, width, height)`. */
export type Pixels = InstanceType<typeof Uint8ClampedArray>;

// Arrays over memory that is not shared, whatever the version of TypeScript: before 5.7 they are not generic, and after it
// the plain name stands for shared memory too, which browsers refuse in many places.

/** `Uint8Array<ArrayBuffer>`: what `new Blob([bytes])` takes. */
export type Bytes = InstanceType<typeof Uint8Array>;

/** RGBA bytes of a picture, row by row: what `new ImageData(data, width, height)` takes. */
export type Pixels = InstanceType<typeof Uint8ClampedArray>;

import type { DecodedPicture } from './source.ts';

/** White, or an opaque alpha, in 16 bits. */
export const DEEP_WHITE = 65535;

/** Byte steps of 16-bit channels: 65535 / 255. */
export const DEEP_STEP = 257;

/** A picture of 16-bit RGBA. */
export function deepPicture(deep: Uint16Array, width: number, height: number): DecodedPicture {
  const data = new Uint8ClampedArray(deep.length);
  for (let i = 0; i < deep.length; i++) data[i] = deep[i] / DEEP_STEP; // rounds
  return { data, deep, width, height };
}

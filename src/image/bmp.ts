import type { Header } from './header.ts';
import { viewOf } from './tiff.ts';

/** Size of the header of OS/2, which is never compressed. */
const SHORT = 12;

/** Size and completeness; uncompressed rows are padded to four bytes. */
export function bmpHeader(view: DataView): Header {
  const short = view.getUint32(14, true) === SHORT;
  const [width, height, bits] = short
    ? [view.getUint16(18, true), view.getUint16(20, true), view.getUint16(24, true)]
    : [view.getInt32(18, true), Math.abs(view.getInt32(22, true)), view.getUint16(28, true)];
  const start = view.getUint32(10, true);
  const row = Math.ceil((width * bits) / 8);
  const end = start + (height - 1) * Math.ceil(row / 4) * 4 + row;
  const packed = !short && RUN_LENGTH.includes(view.getUint32(30, true));
  return { width, height, complete: packed || end <= view.byteLength };
}

/** `biCompression` values for run-length encoding: 8-bit and 4-bit. */
const RUN_LENGTH = [1, 2];

/**
 * Returns the file unchanged.
 * @throws {Error} for run-length encoding, which the decoder (bmp-ts) unpacks to wrong colors.
 */
export function plainBmp(bytes: Uint8Array): Uint8Array {
  const view = viewOf(bytes);
  if (view.getUint32(14, true) !== SHORT && RUN_LENGTH.includes(view.getUint32(30, true)))
    throw new Error('run-length encoding (RLE) is not supported');
  return bytes;
}

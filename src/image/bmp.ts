/** `biCompression` values for run-length encoding: 8-bit and 4-bit. */
const RUN_LENGTH = [1, 2];

/**
 * Returns the file unchanged.
 * @throws {Error} for run-length encoding, which the decoder (bmp-ts) unpacks to wrong colors.
 */
export function plainBmp(bytes: Uint8Array): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const short = view.getUint32(14, true) === 12; // OS/2 header, never compressed
  if (!short && RUN_LENGTH.includes(view.getUint32(30, true)))
    throw new Error('run-length encoding (RLE) is not supported');
  return bytes;
}

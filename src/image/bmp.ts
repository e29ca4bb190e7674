/** Runs of 8 and of 4 bits, as `biCompression` has them. */
const RUN_LENGTH = [1, 2];

/**
 * The file as it is. Throws a plain Error where its pixels are packed in runs, which the decoder (bmp-ts) unpacks to
 * wrong colors.
 */
export function plainBmp(bytes: Uint8Array): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const short = view.getUint32(14, true) === 12; // OS/2's header, which knows no packing
  if (!short && RUN_LENGTH.includes(view.getUint32(30, true)))
    throw new Error('its pixels are packed in runs (RLE)');
  return bytes;
}

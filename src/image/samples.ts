/** Sets the color of a pixel. */
export type Put = (r: number, g: number, b: number, a: number) => void;

/** Reads the pixel whose first sample is at `i`. */
export type ReadColor = (samples: Uint16Array, i: number, put: Put) => void;

/** Fills a row with the samples that start at byte `start`. */
type UnpackSamples = (row: Uint16Array, bytes: Uint8Array, start: number) => void;

/** How samples of 1, 2, 4, 8 or 16 bits are unpacked, the highest bits first; missing bytes are zero. */
export function sampleUnpacker(bits: number, littleEndian = false): UnpackSamples {
  if (bits === 16) {
    const high = littleEndian ? 1 : 0;
    return (row, bytes, start) => {
      for (let i = 0, at = start; i < row.length; i++, at += 2)
        row[i] = (bytes[at + high] << 8) | bytes[at + 1 - high];
    };
  }
  if (bits === 8) {
    return (row, bytes, start) => {
      for (let i = 0; i < row.length; i++) row[i] = bytes[start + i];
    };
  }
  const [perByte, most] = [8 / bits, 2 ** bits - 1];
  return (row, bytes, start) => {
    for (let i = 0; i < row.length; i++)
      row[i] = (bytes[start + Math.floor(i / perByte)] >> (8 - bits * ((i % perByte) + 1))) & most;
  };
}

/** A picture in memory: RGBA, one byte each, row by row from the top left; `data` holds height * width * 4 bytes. */
export interface Picture {
  data: Uint8ClampedArray | Uint8Array;
  width: number;
  height: number;
}

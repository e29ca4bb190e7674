/** What an image file says of itself before anything is decoded. */
export interface Header {
  width: number;
  height: number;
  /** JPEG only: color components per pixel; 4 is CMYK. */
  components?: number;
  /** JPEG only: passes over the pixels. */
  scans?: number;
  /** False where the file ends before the last pixel does; absent where only decoding can tell. */
  complete?: boolean;
}

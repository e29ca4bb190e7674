/** An image's properties, known before decoding. */
export interface Header {
  width: number;
  height: number;
  /** JPEG only: color components per pixel; 4 is CMYK. */
  components?: number;
  /** JPEG only: passes over the pixels. */
  scans?: number;
  /** Whether decoding takes twice the memory: of more than 32 bits a pixel, of four inks, or in several scans. */
  countsTwice?: boolean;
  /** False if the file ends before the last pixel; absent if only decoding can tell. */
  complete?: boolean;
}

import type { Pixels } from '../platform/bytes.ts';
import type { FloatTensor } from '../runtime/tensor.ts';
import type { Drawable } from './drawable.ts';

export type { Pixels };

/** A picture in memory: RGBA, one byte each, row by row from the top left; `data` has height × width × 4 bytes. */
export interface Picture {
  data: Pixels;
  width: number;
  height: number;
}

/** A picture from a file. */
export interface DecodedPicture extends Picture {
  /** The pixels in 16 bits per channel, if the file has as many: `data` times 257, less what it rounds off. */
  readonly deep?: Uint16Array;
}

/** RGBA pixels from a caller. */
export interface PictureInput {
  readonly data: Uint8ClampedArray | Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** A file to read on demand: an image, or a `.npy` tensor. */
export interface FileSource {
  readonly file: string | URL;
}

/**
 * Anything that can be explained: a path or URL; encoded bytes (PNG, JPEG, WebP, GIF, BMP, TIFF or `.npy`; a File is a
 * Blob); pixels (ImageData); anything a canvas can draw; or a ready-made input tensor (batch 1).
 */
export type ImageInput =
  string | URL | FileSource | Uint8Array | ArrayBuffer | Blob | PictureInput | Drawable | FloatTensor;

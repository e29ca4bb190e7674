import type { Pixels } from '../platform/bytes.ts';
import type { FloatTensor } from '../runtime/tensor.ts';
import type { Drawable } from './drawable.ts';

export type { Pixels };

/** A picture in memory: RGBA, one byte each, row by row from the top left; `data` holds height × width × 4 bytes. */
export interface Picture {
  data: Pixels;
  width: number;
  height: number;
}

/** Pixels as a caller may have them. */
export interface PictureInput {
  readonly data: Uint8ClampedArray | Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** A file that is read when it is needed: an image, or a tensor as `.npy`. */
export interface FileSource {
  readonly file: string | URL;
}

/**
 * What can be explained: a path or URL; encoded bytes (PNG, JPEG, WebP, GIF, BMP, TIFF or `.npy`; a File is a Blob);
 * pixels (ImageData); what a canvas can draw; or a tensor that the model takes as it is (batch 1).
 */
export type ImageInput =
  string | URL | FileSource | Uint8Array | ArrayBuffer | Blob | PictureInput | Drawable | FloatTensor;

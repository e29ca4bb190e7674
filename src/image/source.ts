import type { FloatTensor } from '../runtime/tensor.ts';
import type { Drawable } from './drawable.ts';

/**
 * Bytes of a picture: what `new ImageData(data, width, height)` takes, whatever the version of TypeScript. Before 5.7
 * Uint8ClampedArray is not generic, and after it the plain name stands for shared memory too, which ImageData refuses.
 */
export type Pixels = InstanceType<typeof Uint8ClampedArray>;

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

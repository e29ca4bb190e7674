import type { FloatTensor } from '../runtime/tensor.ts';
import type { Drawable } from './drawable.ts';
import type { Picture } from './picture.ts';

/**
 * What can be explained: an encoded picture (a File is a Blob), its pixels (as ImageData has them), what a canvas can
 * draw, or a tensor that the model takes as it is (batch 1).
 */
export type ImageInput = FileSource | Uint8Array | ArrayBuffer | Blob | Picture | Drawable | FloatTensor;

/** A file that is read when it is needed: an image, or a tensor as .npy. */
export interface FileSource {
  readonly file: string;
}

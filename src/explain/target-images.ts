import { CamError } from '../errors.ts';
import type { DecodeOptions } from '../image/decode.ts';
import { readImage } from '../image/read.ts';
import type { Picture } from '../image/source.ts';
import type { FloatTensor } from '../runtime/tensor.ts';
import type { FileSource, ImageInput } from '../types.ts';
import { prepareInput } from './input.ts';
import type { LoadedModel } from './loaded.ts';

/**
 * The mask image of a target.
 * @throws {CamError} BAD_TARGET when it is missing or a tensor.
 */
export async function targetMask(source: FileSource | ImageInput, options: DecodeOptions): Promise<Picture> {
  const image = await blamingTarget(source, () => readImage(source, options));
  if (!('dims' in image)) return image;
  throw new CamError('BAD_TARGET', 'A mask must be an image, white where pixels count, not a tensor.', {
    option: 'target',
  });
}

/**
 * Another image of a target, as a model input.
 * @throws {CamError} BAD_TARGET when it is missing.
 */
export async function targetTensor(
  source: FileSource | ImageInput,
  model: LoadedModel,
  maxPixels?: number,
): Promise<FloatTensor> {
  return (await blamingTarget(source, () => prepareInput(model, source, maxPixels))).tensor;
}

/** Blames the target for a file that cannot be read. */
async function blamingTarget<Result>(
  source: FileSource | ImageInput,
  read: () => Promise<Result>,
): Promise<Result> {
  try {
    return await read();
  } catch (cause) {
    const named = typeof source === 'object' && 'file' in source;
    if (!named || !(cause instanceof CamError) || cause.code !== 'BAD_IMAGE') throw cause;
    throw new CamError('BAD_TARGET', `An image of the target: ${cause.message}`, {
      cause,
      option: 'target',
    });
  }
}

import { CamError } from '../errors.ts';
import { decode, type DecodeOptions } from '../image/decode.ts';
import { drawn } from '../image/drawable.ts';
import { isNpy, readNpy } from '../image/npy.ts';
import type { Picture } from '../image/picture.ts';
import { checkPicture } from '../image/preprocess.ts';
import { readFile } from '../platform/files.ts';
import { floatTensor, type FloatTensor } from '../runtime/tensor.ts';
import type { FileSource, ImageInput } from '../types.ts';

/** Temporary */
export async function readImage(
  source: ImageInput | FileSource,
  options: DecodeOptions,
): Promise<Picture | FloatTensor> {
  if (typeof source === 'object' && source !== null) {
    if ('file' in source) {
      const bytes = await readFile(source.file).catch((cause: unknown) => {
        throw new CamError(
          'BAD_IMAGE',
          `The image "${source.file}" cannot be read: ${(cause as Error).message}.`,
          { cause },
        );
      });
      return fromBytes(bytes, options);
    }
    if ('dims' in source) return source;
    if (source instanceof Uint8Array) return fromBytes(source, options);
    if (source instanceof ArrayBuffer) return fromBytes(new Uint8Array(source), options);
    if (source instanceof Blob) return fromBytes(new Uint8Array(await source.arrayBuffer()), options);
    if (!('data' in source)) return drawn(source);
    checkPicture(source);
    return source;
  }
  const why = `A ${source === null ? 'null' : typeof source} is not an image. Pass the bytes of one, its pixels, or a tensor.`;
  throw new CamError('BAD_IMAGE', why);
}

async function fromBytes(bytes: Uint8Array, options: DecodeOptions): Promise<Picture | FloatTensor> {
  if (!isNpy(bytes)) return decode(bytes, options);
  const { dims, data } = readNpy(bytes);
  return floatTensor(dims, data);
}

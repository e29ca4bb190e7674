import { CamError, formatValue } from '../errors.ts';
import type { DataType } from '../onnx/data-type.ts';
import { readBytes } from '../platform/files.ts';
import { type FloatTensor, floatTensor } from '../runtime/tensor.ts';
import { decode, type DecodeOptions } from './decode.ts';
import { drawn } from './drawable.ts';
import { isNpy, readNpyAs } from './npy.ts';
import { pictureOf } from './preprocess.ts';
import type { DecodedPicture, ImageInput } from './source.ts';

/** How an image is read. */
export interface ReadOptions extends DecodeOptions {
  /** Element type of the model's input, which a `.npy` file may have instead of float32. */
  readonly type?: DataType;
}

/**
 * Reads an image from any source: pixels, or the tensor of a `.npy` file. Strings are paths or URLs (in browsers,
 * URLs).
 * @throws {CamError} BAD_IMAGE when it cannot be read or decoded, or is not an image.
 * @throws {CamError} BAD_TENSOR when a `.npy` file is damaged, or neither float32 nor of the model's type.
 */
export async function readImage(
  source: ImageInput,
  options: ReadOptions = {},
): Promise<DecodedPicture | FloatTensor> {
  if (typeof source === 'string' || source instanceof URL) return readFrom(source, options);
  if (typeof source !== 'object' || source === null) throw notAnImage(source);
  if ('file' in source) return readFrom(source.file, options);
  if ('dims' in source) return source;
  if (source instanceof Uint8Array) return decodeBytes(source, options);
  if (source instanceof ArrayBuffer) return decodeBytes(new Uint8Array(source), options);
  if (source instanceof Blob) return decodeBytes(new Uint8Array(await source.arrayBuffer()), options);
  if ('data' in source) return pictureOf(source);
  if ('width' in source && 'height' in source) return drawn(source);
  throw notAnImage(source);
}

async function readFrom(place: string | URL, options: ReadOptions): Promise<DecodedPicture | FloatTensor> {
  const name = String(place);
  const bytes = await readBytes(
    place,
    (why, cause) => new CamError('BAD_IMAGE', `The image "${name}": ${why} Check the path.`, { cause }),
  );
  // A .npy file fails as a tensor, not as an unknown image.
  return /\.npy$/i.test(name) ? npyTensor(bytes, options) : decodeBytes(bytes, options);
}

const decodeBytes = (bytes: Uint8Array, options: ReadOptions): Promise<DecodedPicture> | FloatTensor =>
  isNpy(bytes) ? npyTensor(bytes, options) : decode(bytes, options);

function npyTensor(bytes: Uint8Array, { type }: ReadOptions): FloatTensor {
  const { dims, data } = readNpyAs(bytes, type);
  return floatTensor(dims, data);
}

const notAnImage = (value: unknown): CamError =>
  new CamError(
    'BAD_IMAGE',
    `${formatValue(value)} is not an image. Pass a path, the bytes of an image, its pixels, or a tensor.`,
  );

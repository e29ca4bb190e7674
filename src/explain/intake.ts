import { CamError } from '../errors.ts';
import type { FileSource, ImageInput, LoadOptions } from '../types.ts';
import { checkImage } from './checks.ts';
import { decode } from '../image/decode.ts';
import { drawn } from '../image/drawable.ts';
import { isNpy, readNpy } from '../image/npy.ts';
import type { Picture } from '../image/picture.ts';
import { place } from '../image/placement.ts';
import { checkPicture, toTensor, type Preprocessing } from '../image/preprocess.ts';
import { noPicture } from '../models/preprocessing.ts';
import { requireSingleImage } from '../network/inputs.ts';
import type { Model, ValueInfo } from '../onnx/model.ts';
import { readFile } from '../platform/files.ts';
import { floatTensor, sizeOf, type FloatTensor } from '../runtime/tensor.ts';
import type { Prepared } from './scene.ts';
import { isFile } from '../targets/text.ts';

/** What decides how an image becomes the tensor that a model takes. */
export interface Intake {
  readonly model: Model;
  /** The input that takes the image. */
  readonly input: ValueInfo;
  /** How pictures become that input; undefined where it takes none. */
  readonly preprocessing: Preprocessing | undefined;
  readonly modules: LoadOptions['modules'];
}

/** An image as the model takes it, or zeros where there is none. @throws CamError BAD_IMAGE, BAD_TENSOR, UNSUPPORTED_MODEL. */
export async function prepare(
  intake: Intake,
  image: ImageInput | undefined,
  maxPixels?: number,
): Promise<Prepared> {
  requireSingleImage(intake.input);
  if (image === undefined) return asItIs(intake, blank(preprocessingOf(intake)));
  checkImage(image);
  if ('dims' in image) return asItIs(intake, image);
  const picture = await toPicture(intake, image, maxPixels);
  const { data, dims, placement } = toTensor(picture, preprocessingOf(intake));
  return { tensor: floatTensor(dims, data), placement, picture };
}

function blank({ width, height, channels, layout }: Preprocessing): FloatTensor {
  const depth = channels === 'gray' ? 1 : 3;
  const dims = layout === 'nchw' ? [1, depth, height, width] : [1, height, width, depth];
  return floatTensor(dims, new Float32Array(sizeOf(dims)));
}

/** An image that a target speaks of; its file is read. @throws CamError BAD_TARGET. */
export async function readImage(source: FileSource | ImageInput): Promise<ImageInput> {
  if (!isFile(source)) return source;
  const bytes = await readFile(source.file).catch((cause: unknown) => {
    const why = `The image "${source.file}" that the target names cannot be read: ${(cause as Error).message}.`;
    throw new CamError('BAD_TARGET', why, { cause });
  });
  if (!isNpy(bytes)) return bytes;
  const { dims, data } = readNpy(bytes);
  return floatTensor(dims, data);
}

/** A mask that a target speaks of. @throws CamError BAD_TARGET, BAD_IMAGE. */
export async function readMask(intake: Intake, source: FileSource | ImageInput): Promise<Picture> {
  const image = await readImage(source);
  checkImage(image);
  if (!('dims' in image)) return toPicture(intake, image);
  throw new CamError('BAD_TARGET', 'A mask is a picture in which white counts, not a tensor.');
}

async function toPicture(
  { modules }: Intake,
  image: Exclude<ImageInput, FloatTensor>,
  maxPixels?: number,
): Promise<Picture> {
  if (image instanceof Uint8Array || image instanceof ArrayBuffer || image instanceof Blob)
    return decode(await bytesOf(image), { modules, maxPixels });
  if (!('data' in image)) return drawn(image);
  checkPicture(image);
  return image;
}

const bytesOf = async (image: Uint8Array | ArrayBuffer | Blob): Promise<Uint8Array> =>
  image instanceof Uint8Array
    ? image
    : new Uint8Array(image instanceof Blob ? await image.arrayBuffer() : image);

/** The shape of an input that declares none: a tensor of an image has four axes. */
const UNDECLARED = ['', '', '', ''] as const;

function asItIs({ input }: Intake, tensor: FloatTensor): Prepared {
  const { dims = UNDECLARED } = input;
  const fits =
    dims.length === tensor.dims.length &&
    dims.every((size, axis) => typeof size !== 'number' || size === tensor.dims[axis]);
  const holds = tensor.data.length;
  if (sizeOf(tensor.dims) !== holds) {
    throw new CamError(
      'BAD_TENSOR',
      `The tensor holds ${holds} values, and its shape [${tensor.dims.join(', ')}] needs ${sizeOf(tensor.dims)}.`,
    );
  }
  if (!fits || tensor.dims[0] !== 1) {
    throw new CamError(
      'BAD_TENSOR',
      `The tensor is [${tensor.dims.join(', ')}]; the model takes one image as [${dims.map((size, axis) => (axis === 0 ? 1 : size || '?')).join(', ')}].`,
    );
  }
  const channelsLast = tensor.dims.length === 4 && tensor.dims[3] <= 4 && tensor.dims[1] > 4;
  const [height, width] = channelsLast ? tensor.dims.slice(1) : tensor.dims.slice(-2);
  return { tensor, placement: place({ width, height }, { width, height }, 'stretch'), picture: undefined };
}

function preprocessingOf({ preprocessing, input, model }: Intake): Preprocessing {
  if (preprocessing) return preprocessing;
  throw noPicture(input, model);
}

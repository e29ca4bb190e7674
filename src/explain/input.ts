import { CamError } from '../errors.ts';
import { place } from '../image/placement.ts';
import { type Preprocessing, toTensor } from '../image/preprocess.ts';
import { readImage } from '../image/read.ts';
import type { Kernels, Volume } from '../kernels/index.ts';
import { noPicture } from '../models/no-picture.ts';
import { requireSingleImage } from '../network/inputs.ts';
import { type Layout, layoutOfInput, toVolume } from '../network/layout.ts';
import type { ValueInfo } from '../onnx/model.ts';
import { type FloatTensor, floatTensor, sizeOf } from '../runtime/tensor.ts';
import type { ExplainedImage, ImageInput } from '../types.ts';
import type { LoadedModel } from './loaded.ts';

/** An image as model input. */
export interface PreparedInput {
  /** Batch 1, in the model's layout. */
  readonly tensor: FloatTensor;
  /** Layout of the tensor; undefined if it is not an image. */
  readonly layout: Layout | undefined;
  readonly image: ExplainedImage;
  /** Whether there is no image, and the input is zeros. */
  readonly blank: boolean;
}

/**
 * Decodes and preprocesses an image. Tensors are used directly, and a missing image becomes zeros.
 * @throws {CamError} BAD_IMAGE or BAD_TENSOR when the image cannot be read or does not fit the model.
 * @throws {CamError} UNSUPPORTED_MODEL when the model does not take pictures.
 */
export async function prepareInput(
  model: LoadedModel,
  source: ImageInput | undefined,
  maxPixels?: number,
): Promise<PreparedInput> {
  requireSingleImage(model.input);
  const image =
    source === undefined
      ? zeros(requirePreprocessing(model))
      : await readImage(source, { modules: model.options.modules, maxPixels, type: model.input.type });
  const prepared = (tensor: FloatTensor, given: Pick<ExplainedImage, 'picture' | 'placement'>) => {
    const layout = layoutOfInput(tensor.dims);
    const input = layout && toVolume(tensor, layout, model.kernels);
    const { preprocessing } = model;
    return { tensor, layout, image: { ...given, input, preprocessing }, blank: source === undefined };
  };
  if ('dims' in image) {
    checkTensor(image, model.input);
    const size = imageSize(image.dims);
    return prepared(image, {
      picture: undefined,
      placement: place(size, { ...size, fit: 'stretch', cropPct: 1 }),
    });
  }
  const { data, dims, placement } = toTensor(image, requirePreprocessing(model));
  // An explanation is drawn on bytes; the 16 bits of a file are only for the tensor.
  const picture = { data: image.data, width: image.width, height: image.height };
  return prepared(floatTensor(dims, data), { picture, placement });
}

/**
 * The input as channels over space.
 * @throws {CamError} UNSUPPORTED_MODEL when the input is not an image.
 */
export function volumeOf({ tensor, image }: PreparedInput): Volume {
  if (image.input) return image.input;
  throw inputNotAnImage(tensor);
}

/**
 * The layout of an image input.
 * @throws {CamError} UNSUPPORTED_MODEL when the input is not an image.
 */
export function layoutOfImage({ tensor, layout }: PreparedInput): Layout {
  if (layout) return layout;
  throw inputNotAnImage(tensor);
}

const inputNotAnImage = ({ dims }: FloatTensor): CamError =>
  new CamError(
    'UNSUPPORTED_MODEL',
    `The model's input [${dims.join(', ')}] is not an image, which has four axes.`,
  );

/** The same input with other values, [C, H, W]. */
export function withVolume(input: PreparedInput, tensor: FloatTensor, kernels: Kernels): PreparedInput {
  const { layout, image } = input;
  return { ...input, tensor, image: { ...image, input: layout && toVolume(tensor, layout, kernels) } };
}

function zeros({ width, height, channels, layout }: Preprocessing): FloatTensor {
  const depth = channels === 'gray' ? 1 : 3;
  const dims = layout === 'nchw' ? [1, depth, height, width] : [1, height, width, depth];
  return floatTensor(dims, new Float32Array(sizeOf(dims)));
}

/** The shape assumed for an input that declares none: image tensors have four axes. */
const UNDECLARED = ['', '', '', ''] as const;

function checkTensor({ data, dims }: FloatTensor, { dims: declared = UNDECLARED }: ValueInfo): void {
  const text = `[${dims.join(', ')}]`;
  if (sizeOf(dims) !== data.length) {
    throw new CamError(
      'BAD_TENSOR',
      `The tensor has ${data.length} values, but its shape ${text} needs ${sizeOf(dims)}.`,
    );
  }
  const fits =
    declared.length === dims.length &&
    declared.every((size, axis) => typeof size !== 'number' || size === dims[axis]);
  if (fits && dims[0] === 1) return;
  throw new CamError(
    'BAD_TENSOR',
    `The tensor has shape ${text}, but the model takes one image as [${declared.map((size, axis) => (axis === 0 ? 1 : size || '?')).join(', ')}].`,
  );
}

/** Height and width of a tensor. Of four axes, the last is the colors only if no other can be. */
function imageSize(dims: readonly number[]): { width: number; height: number } {
  const channelsLast = dims.length === 4 && dims[3] <= 4 && dims[1] > 4;
  const [height, width] = channelsLast ? dims.slice(1) : dims.slice(-2);
  return { width, height };
}

function requirePreprocessing({ preprocessing, input, source }: LoadedModel): Preprocessing {
  if (preprocessing) return preprocessing;
  throw noPicture(input, source.model);
}

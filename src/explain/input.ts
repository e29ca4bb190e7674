import { CamError } from '../errors.ts';
import { unmoved } from '../image/placement.ts';
import { type Preprocessing, toTensor } from '../image/preprocess.ts';
import { readImage } from '../image/read.ts';
import type { Kernels, Volume } from '../kernels/index.ts';
import { noPicture } from '../models/no-picture.ts';
import { type InputLayout, layoutOfInput } from '../network/input-layout.ts';
import { requireSingleImage } from '../network/inputs.ts';
import { toVolume } from '../network/layout.ts';
import type { ValueInfo } from '../onnx/model.ts';
import { type FloatTensor, floatTensor, sizeOf } from '../runtime/tensor.ts';
import type { ExplainedImage, ImageInput } from '../types.ts';
import type { LoadedModel } from './loaded.ts';

/** An image as model input. */
export interface PreparedInput {
  /** Batch 1, in the model's layout. */
  readonly tensor: FloatTensor;
  /** Layout of the tensor; undefined if it has neither rows nor columns. */
  readonly layout: InputLayout | undefined;
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
      ? blank(model)
      : await readImage(source, { modules: model.options.modules, maxPixels, type: model.input.type });
  const prepared = (tensor: FloatTensor, given: Pick<ExplainedImage, 'picture' | 'placement'>) => {
    const layout = layoutOfInput(model.source.model, model.input.name, tensor.dims);
    const input = layout && toVolume(tensor, layout, model.kernels);
    const { preprocessing } = model;
    const form = layout?.form ?? 'image';
    return { tensor, layout, image: { ...given, form, input, preprocessing }, blank: source === undefined };
  };
  if ('dims' in image) {
    const tensor = withBatch(image, model.input);
    checkTensor(tensor, model.input);
    const [height = 1, width = 1] = tensor.dims.slice(-2);
    const size = layoutOfInput(model.source.model, model.input.name, tensor.dims) ?? { height, width };
    return prepared(tensor, { picture: undefined, placement: unmoved(size) });
  }
  const { data, dims, placement } = toTensor(image, requirePreprocessing(model));
  // An explanation is drawn on bytes; the 16 bits of a file are only for the tensor.
  const picture = { data: image.data, width: image.width, height: image.height };
  return prepared(floatTensor(dims, data), { picture, placement });
}

/**
 * The input as channels over space.
 * @throws {CamError} UNSUPPORTED_MODEL when it is not an image, signal, volume or video.
 */
export function volumeOf({ tensor, image }: PreparedInput): Volume {
  if (image.input) return image.input;
  throw inputNotAnImage(tensor);
}

/**
 * The layout of the input.
 * @throws {CamError} UNSUPPORTED_MODEL when it is not an image, signal, volume or video.
 */
export function layoutOfImage({ tensor, layout }: PreparedInput): InputLayout {
  if (layout) return layout;
  throw inputNotAnImage(tensor);
}

const inputNotAnImage = ({ dims }: FloatTensor): CamError =>
  new CamError(
    'UNSUPPORTED_MODEL',
    `The model's input [${dims.join(', ')}] is not an image, which has four axes, nor a signal, a volume or a video, which have three or five.`,
  );

/** The same input with other values, channels first. */
export function withVolume(input: PreparedInput, tensor: FloatTensor, kernels: Kernels): PreparedInput {
  const { layout, image } = input;
  return { ...input, tensor, image: { ...image, input: layout && toVolume(tensor, layout, kernels) } };
}

/** Assumed for open sizes by their number: the length of a signal, and the sides of a volume or video. */
const OPEN_SIDES: Readonly<Partial<Record<number, number>>> = { 2: 1024, 4: 32 };

/** Zeros in the size of a picture, or of an input that does not take one and declares its size, or some of it. */
function blank(model: LoadedModel): FloatTensor {
  const { preprocessing, input } = model;
  const [, ...sizes] = input.dims ?? [];
  const open = OPEN_SIDES[sizes.length];
  const known = sizes.flatMap((size) => (typeof size === 'number' ? size : (open ?? [])));
  const isDeclared = known.length === sizes.length && sizes.some((size) => typeof size === 'number');
  const isKnown = !preprocessing && isDeclared;
  const dims = isKnown ? [1, ...known] : pictureDims(requirePreprocessing(model));
  return floatTensor(dims, new Float32Array(sizeOf(dims)));
}

function pictureDims({ width, height, channels, layout }: Preprocessing): number[] {
  const depth = channels === 'gray' ? 1 : 3;
  return layout === 'nchw' ? [1, depth, height, width] : [1, height, width, depth];
}

/** The shape assumed for an input that declares none: image tensors have four axes. */
const UNDECLARED = ['', '', '', ''] as const;

/** A tensor that lacks the batch axis alone, such as a signal [C, L], as a batch of one. */
const withBatch = (tensor: FloatTensor, { dims: declared = UNDECLARED }: ValueInfo): FloatTensor =>
  tensor.dims.length + 1 === declared.length ? floatTensor([1, ...tensor.dims], tensor.data) : tensor;

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

function requirePreprocessing({ preprocessing, input, source }: LoadedModel): Preprocessing {
  if (preprocessing) return preprocessing;
  throw noPicture(input, source.model);
}

import { badOption, CamError } from '../errors.ts';
import type { Volume } from '../kernels/index.ts';
import { type ColorChannels, inOrder, MIXES, paint } from './channels.ts';
import { FITS, place, type Placement, type Resizing } from './placement.ts';
import { DEFAULT_RESAMPLE, type Resample, RESAMPLES, resize } from './resize.ts';
import type { DecodedPicture, Picture, PictureInput } from './source.ts';

export const TENSOR_LAYOUTS = ['nchw', 'nhwc'] as const;
/** Order of the axes of an image tensor. */
export type TensorLayout = (typeof TENSOR_LAYOUTS)[number];

/** Conversion of a picture to a model's input tensor: element = (value in `range` - mean) / std, per channel. */
export interface Preprocessing extends Resizing {
  /** Way to resize. */
  resample: Resample;
  channels: ColorChannels;
  /** Values of black (byte 0) and white (byte 255) before normalization: [0, 1], [0, 255], [-1, 1]. */
  range: readonly [black: number, white: number];
  /** In the order of `channels`, in the units of `range`. */
  mean: readonly number[];
  std: readonly number[];
  layout: TensorLayout;
}

/** Mean and standard deviation of ImageNet's red, green and blue in [0, 1], as in torchvision. */
export const IMAGENET = {
  mean: [0.485, 0.456, 0.406],
  std: [0.229, 0.224, 0.225],
} as const;

/**
 * Default preprocessing: stretch (bilinear, antialiased), RGB, 0 to 1, ImageNet mean and standard deviation in channel order. A one-channel
 * model gets gray, with the average of the three.
 * @throws {CamError} UNSUPPORTED_MODEL unless the input has 1 or 3 channels.
 */
export function defaultPreprocessing(
  input: { channels: number; height: number; width: number; layout: TensorLayout },
  channels: ColorChannels = input.channels === 1 ? 'gray' : 'rgb',
): Preprocessing {
  if (input.channels !== 1 && input.channels !== 3) {
    throw new CamError(
      'UNSUPPORTED_MODEL',
      `The model's input has ${input.channels} channels, but an image has 1 or 3. Pass a .npy tensor instead.`,
    );
  }
  const { height, width, layout } = input;
  return {
    height,
    width,
    fit: 'stretch',
    cropPct: 1,
    resample: DEFAULT_RESAMPLE,
    channels,
    range: [0, 1],
    mean: inOrder(IMAGENET.mean, channels),
    std: inOrder(IMAGENET.std, channels),
    layout,
  };
}

/** A model's input from a picture. */
export interface PictureTensor {
  data: Float32Array;
  /** [1, channels, height, width] or [1, height, width, channels]. */
  dims: number[];
  placement: Placement;
}

/**
 * Resizes, crops, pads, orders and normalizes a picture, placed as the settings say, or as `placed`.
 * @throws {CamError} BAD_OPTION for invalid settings.
 */
export function toTensor(picture: DecodedPicture, p: Preprocessing, placed?: Placement): PictureTensor {
  checkPreprocessing(p);
  const placement = placed ?? place(picture, p);
  const { layout } = p;
  const { input, to, from } = placement;
  const { height, width } = input;
  const [red, green, blue] = planes(
    resize(picture, from, to.height, to.width, p.resample),
    to.height * to.width,
  );
  const mixes = MIXES[p.channels];
  const [black, white] = p.range;
  const data = new Float32Array(mixes.length * height * width);
  const [step, jump] = layout === 'nchw' ? [1, height * width] : [mixes.length, 1];
  mixes.forEach(([r, g, b], c) => {
    const scale = (white - black) / 255 / p.std[c]!;
    const shift = (black - p.mean[c]!) / p.std[c]!;
    const padding = FITS[p.fit].padding(-shift / scale) * scale + shift;
    for (let i = 0; i < height * width; i++) data[i * step + c * jump] = padding;
    for (let y = 0, i = 0; y < to.height; y++) {
      let at = ((to.y + y) * width + to.x) * step + c * jump;
      for (let x = 0; x < to.width; x++, i++, at += step)
        data[at] = (r * red![i]! + g * green![i]! + b * blue![i]!) * scale + shift;
    }
  });
  const dims = layout === 'nchw' ? [1, mixes.length, height, width] : [1, height, width, mixes.length];
  return { data, dims, placement };
}

/**
 * The picture in an input [channels, height, width], clipped to bytes: the inverse of `toTensor`, at the input's size.
 */
export function toPicture(input: Volume, p: Preprocessing): Picture {
  checkPreprocessing(p);
  const [black, white] = p.range;
  return paint(
    input,
    p.channels,
    (value, c) => ((value * p.std[c]! + p.mean[c]! - black) / (white - black)) * 255,
  );
}

function planes(rgb: Float32Array, size: number): Float32Array[] {
  return [0, 1, 2].map((c) => rgb.subarray(c * size, (c + 1) * size));
}

/**
 * Wraps pixels as a picture, without a copy.
 * @throws {CamError} BAD_IMAGE when the size does not match the number of bytes.
 */
export function pictureOf({ data, width, height }: PictureInput): Picture {
  const whole = [width, height].every((side) => Number.isInteger(side) && side > 0);
  const bytes = ArrayBuffer.isView(data) && data.BYTES_PER_ELEMENT === 1;
  if (whole && bytes && data.length === 4 * width * height) {
    const { buffer, byteOffset, length } = data;
    return { data: new Uint8ClampedArray(buffer as ArrayBuffer, byteOffset, length), width, height };
  }
  throw new CamError(
    'BAD_IMAGE',
    `${width} x ${height} pixels with ${bytes ? data.length : 'no'} bytes are not an image. The size takes whole numbers above 0, the pixels 4 bytes each (red, green, blue, alpha).`,
  );
}

/** Allowed words per setting. */
const WORDS: Readonly<Record<'fit' | 'resample' | 'channels' | 'layout', readonly string[]>> = {
  fit: Object.keys(FITS),
  resample: Object.keys(RESAMPLES),
  channels: Object.keys(MIXES),
  layout: TENSOR_LAYOUTS,
};

/** Limit on the size of a resized picture. */
export const MIN_CROP_PCT = 0.01;

/** @throws {CamError} BAD_OPTION when a setting is invalid by itself. */
export function checkSettings(p: Partial<Preprocessing>): void {
  const { height = 1, width = 1, cropPct = 1, range = [0, 1] } = p;
  for (const [name, known] of Object.entries(WORDS)) {
    const value = p[name as keyof typeof WORDS];
    if (value !== undefined && !known.includes(value))
      throw badOption(
        `preprocessing.${name}`,
        `\`preprocessing.${name}\` is "${value}". Choose ${known.join(', ')}.`,
      );
  }
  if (!(Number.isInteger(height) && Number.isInteger(width) && height > 0 && width > 0)) {
    throw badOption('preprocessing', `${width} x ${height} is not a size. Use whole numbers above 0.`);
  }
  if (!(cropPct >= MIN_CROP_PCT && cropPct <= 1)) {
    throw badOption(
      'preprocessing.cropPct',
      `\`preprocessing.cropPct\` is ${cropPct}. It takes a number from ${MIN_CROP_PCT} to 1.`,
    );
  }
  if (!(range.length === 2 && range.every(Number.isFinite) && range[0] !== range[1])) {
    throw badOption(
      'preprocessing',
      `The range [${range.join(', ')}] is invalid. It takes two different numbers, for black and white.`,
    );
  }
}

/**
 * @throws {CamError} BAD_OPTION for invalid settings, such as a mean of the wrong length or a standard deviation of 0.
 */
export function checkPreprocessing(p: Preprocessing): void {
  checkSettings(p);
  const { channels, mean, std } = p;
  const count = MIXES[channels].length;
  if (mean.length !== count || std.length !== count) {
    throw badOption(
      'preprocessing',
      `${channels} has ${count} channel(s), but mean has ${mean.length} and std ${std.length} number(s). Give one per channel.`,
    );
  }
  if (![...mean, ...std].every(Number.isFinite) || std.includes(0))
    throw badOption(
      'preprocessing',
      'Mean and standard deviation must be finite, and no standard deviation may be 0.',
    );
}

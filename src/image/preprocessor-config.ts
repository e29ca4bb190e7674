import { CamError } from '../errors.ts';
import { isRecord } from '../table.ts';
import type { Fit } from './placement.ts';
import type { Preprocessing } from './preprocess.ts';
import type { Resample } from './resize.ts';

type FoundSettings = Partial<Preprocessing>;

/** A JSON file of settings, with a reader for each key. */
interface ConfigFile {
  readonly flag: (key: string) => boolean | undefined;
  readonly number: (key: string) => number | undefined;
  /** One number for all channels, or one for each of 3; not 0 for a deviation. */
  readonly perChannel: (key: string) => number[] | undefined;
  readonly value: (key: string) => unknown;
  readonly refuse: (key: string, takes: string) => never;
}

/**
 * Preprocessing from a Hugging Face `preprocessor_config.json` (transformers). Steps that the file does not ask for are
 * not done, except that bytes are scaled to 0..1. A resize by the shortest edge, or a center crop, becomes `crop` to the
 * final size: the margin that some models cut off between the two (256 to 224) is kept, as part of the explained image.
 * Lanczos and other rare filters become bilinear.
 * @throws {CamError} BAD_MODEL when the text is not a JSON object, or a setting is invalid.
 */
export function readPreprocessorConfig(json: string): FoundSettings {
  const name = 'preprocessor_config.json';
  const config = configFile(name, objectIn(name, json));
  if (KNOWN.every((key) => config.value(key) === undefined)) return {};
  return {
    ...extentFrom(config),
    ...resampleFrom(config),
    ...rangeFrom(config),
    ...normalizationFrom(config),
    ...orderFrom(config),
  };
}

/** Keys that describe the preprocessing of images. */
const KNOWN = [
  ...['do_resize', 'size', 'do_center_crop', 'crop_size', 'do_rescale', 'rescale_factor'],
  ...['do_normalize', 'image_mean', 'image_std', 'do_flip_channel_order'],
];

/**
 * Preprocessing from the `config.json` of a timm model (`pretrained_cfg`, or the same keys at the top of older files);
 * nothing for other models.
 * @throws {CamError} BAD_MODEL when a setting is invalid.
 */
export function readTimmConfig(json: string): FoundSettings {
  const whole = objectOrNothing(json);
  const own = isRecord(whole.pretrained_cfg) ? whole.pretrained_cfg : whole;
  if (!Array.isArray(own.input_size)) return {};
  const config = configFile('config.json', own);
  const [mean, std] = [config.perChannel('mean'), config.perChannel('std')];
  const [channels, height, width] = own.input_size as unknown[];
  if (![1, 3].includes(channels as number) || !isSide(height) || !isSide(width))
    return config.refuse('input_size', 'channels (1 or 3), height and width');
  return {
    height,
    width,
    fit: config.value('crop_mode') === 'squash' ? 'stretch' : 'crop',
    ...(config.value('interpolation') === 'bicubic' && { resample: 'bicubic' as const }),
    range: [0, 1],
    mean: mean ?? [0],
    std: std ?? [1],
  };
}

/** Other tools have a config.json, too. */
function objectOrNothing(json: string): Readonly<Record<string, unknown>> {
  try {
    const config: unknown = JSON.parse(json);
    return isRecord(config) ? config : {};
  } catch {
    return {};
  }
}

function objectIn(file: string, json: string): Readonly<Record<string, unknown>> {
  try {
    const config: unknown = JSON.parse(json);
    if (isRecord(config)) return config;
    throw new TypeError('it is not an object');
  } catch (cause) {
    throw new CamError(
      'BAD_MODEL',
      `${file} cannot be read: ${(cause as Error).message}. Correct or remove it.`,
      { cause },
    );
  }
}

function configFile(file: string, object: Readonly<Record<string, unknown>>): ConfigFile {
  const value = (key: string): unknown =>
    Object.hasOwn(object, key) ? (object[key] ?? undefined) : undefined;
  const refuse = (key: string, takes: string): never => {
    throw new CamError(
      'BAD_MODEL',
      `${file}: "${key}" is ${JSON.stringify(value(key))}, but takes ${takes}. Correct or remove it.`,
      { option: 'preprocessor' },
    );
  };
  const typed = <Type>(takes: string, is: (found: unknown) => found is Type) => {
    return (key: string): Type | undefined => {
      const found = value(key);
      return found === undefined || is(found) ? found : refuse(key, takes);
    };
  };
  const list = typed(
    'numbers',
    (found) => isNumber(found) || (Array.isArray(found) && found.every(isNumber)),
  );
  return {
    value,
    refuse,
    flag: typed('true or false', (found): found is boolean => typeof found === 'boolean'),
    number: typed('a number', isNumber),
    perChannel: (key) => {
      const found = list(key);
      const values = found === undefined ? undefined : [found].flat();
      if (values && ![1, 3].includes(values.length)) return refuse(key, 'one number, or one per channel');
      return values && /std/.test(key) && values.includes(0) ? refuse(key, 'numbers other than 0') : values;
    },
  };
}

/** Limit on a side of an input. */
const MAX_SIDE = 1e4;

/** Whether a file may ask for a side of that length. */
export const isSide = (value: unknown): value is number =>
  Number.isInteger(value) && (value as number) > 0 && (value as number) <= MAX_SIDE;

const isNumber = (value: unknown): value is number => Number.isFinite(value);

/** How each spelling of a size resizes: by both sides, by the shortest, or by the longest with padding. */
const SIZES: readonly (readonly [keys: readonly [string, string], fit: Fit])[] = [
  [['height', 'width'], 'stretch'],
  [['shortest_edge', 'shortest_edge'], 'crop'],
  [['longest_edge', 'longest_edge'], 'letterbox'],
  [['max_height', 'max_width'], 'letterbox'],
];

function extentFrom(config: ConfigFile): FoundSettings {
  const cropped = config.flag('do_center_crop') ? sidesFrom(config, 'crop_size') : undefined;
  if (cropped) return { ...cropped, fit: 'crop' };
  if (config.flag('do_resize') === false) return {};
  const found = sidesFrom(config, 'size');
  if (!found) return {};
  return { ...found, fit: config.flag('do_center_crop') ? 'crop' : found.fit };
}

/** 224, [224, 224] (rows first), or an object with one of the known pairs of keys. */
function sidesFrom(config: ConfigFile, key: string): { height: number; width: number; fit: Fit } | undefined {
  const size = config.value(key);
  const takes = () => config.refuse(key, 'a size in pixels');
  const side = (value: unknown): number => (isSide(value) ? value : takes());
  if (size === undefined) return undefined;
  if (isNumber(size)) return { height: side(size), width: side(size), fit: 'stretch' };
  if (Array.isArray(size)) {
    const [height, width = height] = size as unknown[];
    return { height: side(height), width: side(width), fit: 'stretch' };
  }
  if (!isRecord(size)) return takes();
  for (const [[rows, columns], fit] of SIZES)
    if (Object.hasOwn(size, rows) && Object.hasOwn(size, columns))
      return { height: side(size[rows]), width: side(size[columns]), fit };
  return takes();
}

/** Pillow's numbers of its filters. */
const FILTERS: ReadonlyMap<number, Resample> = new Map([
  [2, 'antialias'],
  [3, 'bicubic'],
]);

function resampleFrom(config: ConfigFile): FoundSettings {
  const resample = FILTERS.get(config.number('resample') ?? NaN);
  return resample ? { resample } : {};
}

function rangeFrom(config: ConfigFile): FoundSettings {
  const factor = config.number('rescale_factor');
  if (factor === 0) config.refuse('rescale_factor', 'a number other than 0');
  if (config.flag('do_rescale') === false) return { range: [0, 255] };
  if (config.flag('do_rescale') === undefined && factor === undefined) return { range: [0, 1] };
  const white = 255 * (factor ?? 1 / 255);
  return { range: config.flag('rescale_offset') ? [-1, white - 1] : [0, white] };
}

function normalizationFrom(config: ConfigFile): FoundSettings {
  const [mean, std] = [config.perChannel('image_mean'), config.perChannel('image_std')];
  const asked = config.flag('do_normalize') ?? (mean !== undefined || std !== undefined);
  if (!asked) return { mean: [0], std: [1] };
  // Without numbers, do_normalize leaves them to the default.
  return mean || std ? { mean: mean ?? [0], std: std ?? [1] } : {};
}

const orderFrom = (config: ConfigFile): FoundSettings =>
  config.flag('do_flip_channel_order') ? { channels: 'bgr' } : {};

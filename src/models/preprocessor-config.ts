import type { Preprocessing } from '../image/preprocess.ts';
import type { Resample } from '../image/resize.ts';
import { isKerasMode, KERAS_MODES, type KerasPreprocessing } from './keras.ts';
import { normalizationOf } from './processors.ts';
import { resizingFrom } from './resizing-config.ts';
import { type SettingsFile, settingsFile } from './settings-file.ts';

/**
 * Preprocessing from a Hugging Face `preprocessor_config.json` (transformers). Steps that the file does not ask for are
 * not done, except that bytes are scaled to 0..1. A `mode` names one of Keras' preprocessings instead. Lanczos and other rare filters become bilinear.
 * @throws {CamError} BAD_MODEL when the text is not a JSON object, or a setting is invalid.
 */
export function readPreprocessorConfig(
  json: string,
  file = 'preprocessor_config.json',
): Partial<Preprocessing> {
  const config = settingsFile(file, json);
  if (KNOWN.every((key) => config.value(key) === undefined)) return {};
  const resized = { ...resizingFrom(config), ...resampleFrom(config) };
  const keras = kerasFrom(config);
  if (keras) return { ...resized, ...keras };
  return {
    ...resized,
    ...rangeFrom(config),
    ...normalizationFrom(config),
    ...orderFrom(config),
  };
}

/** Keys of how bytes become numbers. */
const VALUES = [
  ...['do_rescale', 'rescale_factor', 'rescale_offset'],
  ...['do_normalize', 'image_mean', 'image_std', 'do_flip_channel_order'],
];

/** Keys that describe the preprocessing of images. */
const KNOWN = ['do_resize', 'size', 'do_center_crop', 'crop_size', ...VALUES, 'mode'];

/** Keras' preprocessing, by `mode`, which decides all that VALUES do. */
function kerasFrom(config: SettingsFile): KerasPreprocessing | undefined {
  const mode = config.value('mode');
  if (mode === undefined) return undefined;
  if (!isKerasMode(mode)) return config.refuse('mode', `one of ${Object.keys(KERAS_MODES).join(', ')}`);
  const other = VALUES.find((key) => config.value(key) !== undefined);
  return other === undefined ? KERAS_MODES[mode] : config.refuse(other, `no value beside a "mode" of Keras`);
}

/** Pillow's numbers of its filters. */
const FILTERS: ReadonlyMap<number, Resample> = new Map([
  [2, 'antialias'],
  [3, 'bicubic'],
]);

function resampleFrom(config: SettingsFile): Partial<Preprocessing> {
  const resample = FILTERS.get(config.number('resample') ?? NaN);
  return resample ? { resample } : {};
}

function rangeFrom(config: SettingsFile): Partial<Preprocessing> {
  const factor = config.number('rescale_factor');
  if (factor === 0) config.refuse('rescale_factor', 'a number other than 0');
  if (config.flag('do_rescale') === false) return { range: [0, 255] };
  if (config.flag('do_rescale') === undefined && factor === undefined) return { range: [0, 1] };
  const white = 255 * (factor ?? 1 / 255);
  return { range: config.flag('rescale_offset') ? [-1, white - 1] : [0, white] };
}

function normalizationFrom(config: SettingsFile): Partial<Preprocessing> {
  const [mean, std] = [config.perChannel('image_mean'), config.perChannel('image_std')];
  const asked = config.flag('do_normalize') ?? (mean !== undefined || std !== undefined);
  if (!asked) return { mean: [0], std: [1] };
  const own = normalizationOf(config);
  if (own) return { mean: mean ?? own.mean, std: std ?? own.std };
  // Without numbers, do_normalize of an unknown processor leaves them to the default.
  return mean || std ? { mean: mean ?? [0], std: std ?? [1] } : {};
}

const orderFrom = (config: SettingsFile): Partial<Preprocessing> =>
  config.flag('do_flip_channel_order') ? { channels: 'bgr' } : {};

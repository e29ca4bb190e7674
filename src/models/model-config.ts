import type { Fit } from '../image/placement.ts';
import type { Preprocessing } from '../image/preprocess.ts';
import { isRecord } from '../table.ts';
import { isKerasMode } from './keras.ts';
import { readPreprocessorConfig } from './preprocessor-config.ts';
import { cropPctIn, isSide, settingsIn } from './settings-file.ts';

/**
 * Preprocessing from the `config.json` of a timm model (`pretrained_cfg`, or the same keys at the top of older files),
 * or one that names a `mode` of Keras; nothing for other models.
 * @throws {CamError} BAD_MODEL when a setting is invalid.
 */
export function readModelConfig(json: string): Partial<Preprocessing> {
  const whole = objectOrNothing(json);
  if (isKerasMode(whole.mode)) return readPreprocessorConfig(json, 'config.json');
  const own = isRecord(whole.pretrained_cfg) ? whole.pretrained_cfg : whole;
  if (!Array.isArray(own.input_size)) return {};
  const config = settingsIn('config.json', own);
  const [mean, std] = [config.perChannel('mean'), config.perChannel('std')];
  const [channels, height, width] = own.input_size as unknown[];
  if (![1, 3].includes(channels as number) || !isSide(height) || !isSide(width))
    return config.refuse('input_size', 'channels (1 or 3), height and width');
  return {
    height,
    width,
    fit: FIT_OF_CROP_MODE.get(config.value('crop_mode')) ?? 'crop',
    cropPct: cropPctIn(config) ?? 1,
    ...(config.value('interpolation') === 'bicubic' && { resample: 'bicubic' as const }),
    range: [0, 1],
    mean: mean ?? [0],
    std: std ?? [1],
  };
}

/**
 * The probability below which the best class is a guess: `unsure_below` of a `config.json`.
 * @throws {CamError} BAD_MODEL unless it is a number from 0 to 1.
 */
export function readUnsureBelow(json: string): number | undefined {
  const config = settingsIn('config.json', objectOrNothing(json));
  const found = config.number('unsure_below');
  if (found === undefined || (found >= 0 && found <= 1)) return found;
  return config.refuse('unsure_below', 'a probability from 0 to 1');
}

/** timm's names of the resize modes, other than its default `center`. */
const FIT_OF_CROP_MODE: ReadonlyMap<unknown, Fit> = new Map([
  ['squash', 'stretch'],
  ['border', 'border'],
]);

/** Other tools have a config.json, too. */
function objectOrNothing(json: string): Readonly<Record<string, unknown>> {
  try {
    const config: unknown = JSON.parse(json);
    return isRecord(config) ? config : {};
  } catch {
    return {};
  }
}

import { CamError } from '../errors.ts';
import { MIN_CROP_PCT } from '../image/preprocess.ts';
import { isRecord, ownValue } from '../table.ts';

/** A JSON file of settings beside a model, with a reader for each kind of value. */
export interface SettingsFile {
  readonly flag: (key: string) => boolean | undefined;
  readonly number: (key: string) => number | undefined;
  /** One number for all channels, or one for each of 3; not 0 for a deviation. */
  readonly perChannel: (key: string) => number[] | undefined;
  readonly value: (key: string) => unknown;
  readonly refuse: (key: string, takes: string) => never;
}

/** @throws {CamError} BAD_MODEL when the text is not a JSON object; so do the readers for an invalid setting. */
export function settingsFile(file: string, json: string): SettingsFile {
  try {
    const object: unknown = JSON.parse(json);
    if (isRecord(object)) return settingsIn(file, object);
    throw new TypeError('it is not an object');
  } catch (cause) {
    throw new CamError(
      'BAD_MODEL',
      `${file} cannot be read: ${(cause as Error).message}. Correct or remove it.`,
      { cause },
    );
  }
}

/** The settings in an object of a file. */
export function settingsIn(file: string, object: Readonly<Record<string, unknown>>): SettingsFile {
  const value = (key: string): unknown => ownValue(object, key) ?? undefined;
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

export const isNumber = (value: unknown): value is number => Number.isFinite(value);

/** `crop_pct`, as timm and transformers have it. */
export function cropPctIn(file: SettingsFile): number | undefined {
  const found = file.number('crop_pct');
  if (found === undefined || (found >= MIN_CROP_PCT && found <= 1)) return found;
  return file.refuse('crop_pct', `a number from ${MIN_CROP_PCT} to 1`);
}

import { badOption, formatValue } from '../errors.ts';
import { checkKeys, type Checks, isRecord } from '../table.ts';
import type { InspectOptions, LoadOptions, PredictOptions, VerifyOptions } from '../types.ts';
import { checksOf } from './options.ts';

/** A library function with options. */
type Place = 'load' | 'explain' | 'predict' | 'inspect' | 'verify' | 'overlay' | 'toJPEG' | 'handler';

const PREDICT: Readonly<Record<keyof PredictOptions, true>> = {
  top: true,
  output: true,
  outputKind: true,
  activation: true,
  inputs: true,
  maxPixels: true,
  signal: true,
};

const INSPECT: Readonly<Record<Exclude<keyof InspectOptions, keyof LoadOptions>, true>> = {
  output: true,
  outputKind: true,
  activation: true,
  tokens: true,
};

type VerifyOnly = keyof LoadOptions | 'directions' | 'operators';

const VERIFY: Readonly<Record<Exclude<keyof VerifyOptions, VerifyOnly>, true>> = {
  output: true,
  outputKind: true,
  activation: true,
  layer: true,
  tokens: true,
  score: true,
  inputs: true,
  maxPixels: true,
  seed: true,
  class: true,
  target: true,
};

const narrowed = (names: object, checks: Checks): Checks =>
  new Map([...checks].filter(([name]) => Object.hasOwn(names, name)));

/** The options of each library function. */
const TAKEN: Readonly<Record<Place, Checks>> = {
  load: checksOf('load'),
  explain: checksOf('explain'),
  predict: narrowed(PREDICT, checksOf('explain')),
  inspect: new Map([...checksOf('load'), ...narrowed(INSPECT, checksOf('explain'))]),
  verify: new Map([...checksOf('load'), ...narrowed(VERIFY, checksOf('explain')), ...checksOf('verify')]),
  overlay: checksOf('overlay'),
  handler: checksOf('handler'),
  toJPEG: new Map([...checksOf('overlay'), ...checksOf('jpeg')]),
};

/** Options that select the target and exclude each other. */
const EXCLUSIVE = ['class', 'target', 'top'] as const;

/**
 * Validates the options of a call, including those of untyped callers.
 * @throws {CamError} BAD_OPTION for an unknown option, an invalid value, or options that exclude each other.
 */
export function checkOptions(given: unknown, place: Place): void {
  if (!isRecord(given)) throw badOption('options', `The options are ${formatValue(given)}. Pass an object.`);
  checkKeys(given, TAKEN[place], { noun: 'option', error: badOption });
  if (place !== 'explain') return;
  const [one, other] = EXCLUSIVE.filter((name) => given[name] !== undefined);
  if (other === undefined) return;
  throw badOption(other, `\`${one}\` and \`${other}\` exclude each other. Set one of them.`);
}

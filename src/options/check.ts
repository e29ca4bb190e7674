import { badOption, didYouMean } from '../errors.ts';
import type { InspectOptions, LoadOptions, PredictOptions } from '../types.ts';
import { checksOf } from './options.ts';
import { type Check, isRecord } from './reading.ts';

/** A library function with options. */
type Place = 'load' | 'explain' | 'predict' | 'inspect' | 'overlay' | 'toJPEG';

type Checks = ReadonlyMap<string, Check>;

const PREDICT: Readonly<Record<keyof PredictOptions, true>> = {
  top: true,
  output: true,
  inputs: true,
  maxPixels: true,
  signal: true,
};

const INSPECT: Readonly<Record<Exclude<keyof InspectOptions, keyof LoadOptions>, true>> = {
  output: true,
  tokens: true,
};

const narrowed = (names: object, checks: Checks): Checks =>
  new Map([...checks].filter(([name]) => Object.hasOwn(names, name)));

/** The options of each library function. */
const TAKEN: Readonly<Record<Place, () => Checks>> = {
  load: () => checksOf('load'),
  explain: () => checksOf('explain'),
  predict: () => narrowed(PREDICT, checksOf('explain')),
  inspect: () => new Map([...checksOf('load'), ...narrowed(INSPECT, checksOf('explain'))]),
  overlay: () => checksOf('overlay'),
  toJPEG: () => new Map([...checksOf('overlay'), ...checksOf('jpeg')]),
};

/** Options that select the target and exclude each other. */
const EXCLUSIVE = ['class', 'target', 'top'] as const;

/**
 * Validates the options of a call, including those of untyped callers.
 * @throws {CamError} BAD_OPTION for an unknown option, an invalid value, or options that exclude each other.
 */
export function checkOptions(given: unknown, place: Place): void {
  if (!isRecord(given)) throw badOption('options', `The options are ${shown(given)}. Pass an object.`);
  checkKeys(given, TAKEN[place]());
  if (place !== 'explain') return;
  const [one, other] = EXCLUSIVE.filter((name) => given[name] !== undefined);
  if (other === undefined) return;
  throw badOption(other, `\`${one}\` and \`${other}\` exclude each other. Set one of them.`);
}

function checkKeys(given: Readonly<Record<string, unknown>>, checks: Checks, prefix = ''): void {
  for (const [key, value] of Object.entries(given)) {
    const name = `${prefix}${key}`;
    const check = checks.get(key);
    if (check === undefined) {
      const hint = didYouMean(key, [...checks.keys()]) || ` Known: ${[...checks.keys()].join(', ')}.`;
      throw badOption(name, `Unknown option \`${name}\`.${hint}`);
    }
    if (value === undefined) continue;
    if (!check.accepts(value)) {
      const hint = typeof value === 'string' ? didYouMean(value, check.choices ?? []) : '';
      throw badOption(name, `\`${name}\` is ${shown(value)}, but takes ${check.takes}.${hint}`);
    }
    if (check.keys && isRecord(value)) checkKeys(value, check.keys(), `${name.replace(/^.*\./, '')}.`);
  }
}

/** Formats a value for an error. */
function shown(value: unknown): string {
  if (Array.isArray(value) && value.length === 0) return 'an empty list';
  if (typeof value === 'string') return `"${value}"`;
  if (typeof value === 'function') return 'a function';
  if (typeof value !== 'object' || value === null) return String(value);
  const json = JSON.stringify(value, (_, part: unknown) => (typeof part === 'bigint' ? String(part) : part));
  return json.length <= 60 ? json : Array.isArray(value) ? 'a list' : 'an object';
}

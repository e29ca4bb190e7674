import { type CamError, didYouMean, formatValue, InternalError } from './errors.ts';

/**
 * Merges tables into one map.
 * @throws {InternalError} when two of them share a key.
 */
export function mergeTables<Row>(tables: Iterable<Readonly<Record<string, Row>>>): ReadonlyMap<string, Row> {
  const merged = new Map<string, Row>();
  for (const table of tables) {
    for (const [key, row] of Object.entries(table)) {
      if (merged.has(key)) throw new InternalError(`Two tables have a row "${key}".`);
      merged.set(key, row);
    }
  }
  return merged;
}

/** An object's own value by a name from outside, which may be that of an inherited one: `constructor`. */
export function ownValue<Value>(object: Readonly<Record<string, Value>>, name: string): Value | undefined {
  // eslint-disable-next-line camwasm/names -- guarded here, for all
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

/** Validation of a value from an untyped caller. */
export interface Check {
  /** For errors: "a number from 0 to 1". */
  readonly takes: string;
  readonly accepts: (value: unknown) => boolean;
  /** The values, if they are known words. */
  readonly choices?: readonly string[];
  /** Whether an object with this key must have it. */
  readonly required?: true;
  /** Validation of an object's keys; other keys are rejected. */
  readonly keys?: () => Checks;
}

/** Validation of an object, by key. */
export type Checks = ReadonlyMap<string, Check>;

/** Whether a value is an object with keys: not null, a list, a Map or a function. */
export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  Object.prototype.toString.call(value) === '[object Object]';

/** Words for the errors of `checkKeys`. */
export interface CheckWords {
  /** What a key is: "option". */
  readonly noun: string;
  /** Path of the object: `target.`, or nothing. */
  readonly path?: string;
  readonly error: (key: string, message: string) => CamError;
}

/**
 * Validates the keys and values of an object; undefined counts as missing.
 * @throws {CamError} the caller's error for an unknown key, an invalid value, or a missing required key.
 */
export function checkKeys(given: Readonly<Record<string, unknown>>, checks: Checks, words: CheckWords): void {
  const { noun, path = '', error } = words;
  for (const [key, value] of Object.entries(given)) {
    const name = path + key;
    const check = checks.get(key);
    if (check === undefined) {
      const hint = didYouMean(key, [...checks.keys()]) || ` Known: ${[...checks.keys()].join(', ')}.`;
      throw error(name, `Unknown ${noun} \`${name}\`.${hint}`);
    }
    if (value === undefined) continue;
    if (!check.accepts(value)) {
      const hint = typeof value === 'string' ? didYouMean(value, check.choices ?? []) : '';
      throw error(name, `\`${name}\` is ${formatValue(value)}, but takes ${check.takes}.${hint}`);
    }
    if (check.keys && isRecord(value)) checkKeys(value, check.keys(), { ...words, path: `${name}.` });
  }
  for (const [key, { required, takes }] of checks) {
    if (required && ownValue(given, key) === undefined)
      throw error(path + key, `\`${path}${key}\` is missing: it takes ${takes}.`);
  }
}

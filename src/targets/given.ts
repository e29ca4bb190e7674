import { formatValue } from '../errors.ts';
import { checkKeys, isRecord } from '../table.ts';
import { isLabel } from './find-class.ts';
import { badTarget, KEYS, kindOf } from './kinds.ts';
import { parseTarget } from './parse.ts';
import type { Target, TargetInput } from './target.ts';

/**
 * A target from a number, text or target. Text that equals a label is that class, even if it also parses as a target.
 *
 * @example
 * targetOf('tabby', labels); // { class: 'tabby' }
 * targetOf('mean(output[0, 3])', labels); // { index: [0, 3], reduce: 'mean' }
 * @throws {CamError} BAD_TARGET for text that is not a target, or an object with invalid keys or values.
 */
export function targetOf(given: TargetInput, labels: readonly string[]): Target {
  if (typeof given === 'object') {
    checkTarget(given);
    return given;
  }
  return typeof given === 'number' || isLabel(given, labels) ? { class: given } : parseTarget(given);
}

/**
 * Validates a target from an untyped caller.
 * @throws {CamError} BAD_TARGET for an invalid target.
 */
function checkTarget(given: unknown, name = 'target'): asserts given is Target {
  if (!isRecord(given))
    throw badTarget(
      name,
      `\`${name}\` is ${formatValue(given)}, but takes an object with one of the keys ${KEYS.join(', ')}.`,
    );
  const { key: own, keys, parts } = kindOf(given);
  checkKeys(given, new Map(Object.entries(keys)), { noun: 'key', path: `${name}.`, error: badTarget });
  parts?.(given).forEach((part, i) => checkTarget(part, `${name}.${own}[${i}]`));
}

import { CamError, didYouMean } from '../errors.ts';
import { CLASS } from './class.ts';
import { CUSTOM } from './custom.ts';
import { DIFFERENCE } from './difference.ts';
import { ELEMENTS } from './elements.ts';
import { isLabel } from './find-class.ts';
import {
  isObject,
  type KeyCheck,
  type KindName,
  type Objective,
  type TargetFunctions,
  type TargetKind,
} from './kind.ts';
import { parseTarget } from './parse.ts';
import { SIMILARITY } from './similarity.ts';
import type { Target, TargetInput } from './target.ts';

/** Every kind of target, by the kind of its objective. */
export const TARGET_KINDS: {
  readonly class: typeof CLASS;
  readonly elements: typeof ELEMENTS;
  readonly difference: typeof DIFFERENCE;
  readonly similarity: typeof SIMILARITY;
  readonly custom: typeof CUSTOM;
} = { class: CLASS, elements: ELEMENTS, difference: DIFFERENCE, similarity: SIMILARITY, custom: CUSTOM };

/** A row for any target: the key identifies the kind. */
type AnyKind = TargetKind<Target, KindName>;

const ROWS = Object.values(TARGET_KINDS) as unknown as readonly AnyKind[];

const KEYS = ROWS.map(({ key }) => key);

const badTarget = (option: string, message: string): CamError =>
  new CamError('BAD_TARGET', message, { option });

function kindOf(target: Target): AnyKind {
  const [kind, other] = ROWS.filter(({ key }) => key in target);
  if (kind && !other) return kind;
  if (kind)
    throw badTarget('target', `\`${kind.key}\` and \`${other.key}\` are two targets. Pass them separately.`);
  const hint = Object.keys(target)
    .map((key) => didYouMean(key, KEYS))
    .join('');
  throw badTarget('target', `A target has one of the keys ${KEYS.join(', ')}, but this one has none.${hint}`);
}

/**
 * Validates a target from an untyped caller.
 * @throws {CamError} BAD_TARGET for an invalid target.
 */
function checkTarget(given: unknown, name = 'target'): asserts given is Target {
  if (!isObject(given) || Array.isArray(given))
    throw badTarget(
      name,
      `\`${name}\` is ${String(given)}: it takes an object with one of the keys ${KEYS.join(', ')}.`,
    );
  const { key: own, keys, parts } = kindOf(given as Target);
  const checks: ReadonlyMap<string, KeyCheck> = new Map(Object.entries(keys));
  for (const [key, value] of Object.entries(given)) {
    const check = checks.get(key);
    if (check === undefined) {
      const hint = didYouMean(key, [...checks.keys()]) || ` Known: ${[...checks.keys()].join(', ')}.`;
      throw badTarget(`${name}.${key}`, `Unknown key \`${name}.${key}\`.${hint}`);
    }
    if (value === undefined || check.accepts(value)) continue;
    throw badTarget(`${name}.${key}`, `\`${name}.${key}\` takes ${check.takes}.`);
  }
  for (const [key, { required, takes }] of checks) {
    if (required && (given as Record<string, unknown>)[key] === undefined)
      throw badTarget(`${name}.${key}`, `\`${name}.${key}\` is missing: it takes ${takes}.`);
  }
  parts?.(given as Target).forEach((part, i) => checkTarget(part, `${name}.${own}[${i}]`));
}

const functions: TargetFunctions = {
  textOf: (target) => kindOf(target).text(target, functions),
  filesOf: (target) => kindOf(target).files(target, functions),
  outputsOf: (target) => kindOf(target).outputs(target, functions),
  objectiveOf: async (target, context) => kindOf(target).objective(target, context, functions),
  scoreOf: (objective, output, classes, score) =>
    (TARGET_KINDS[objective.kind] as unknown as AnyKind).score(objective, output, classes, score, functions),
};

/**
 * A target as text for `parseTarget`; images and vectors in memory have only a name.
 *
 * @example
 * targetText({ class: 12, over: 'predicted' }); // 'class:12@predicted'
 */
export const targetText: (target: Target) => string = functions.textOf;

/**
 * The files that a target refers to.
 *
 * @example
 * filesOf(parseTarget('class:12@mask.png')); // ['mask.png']
 */
export const filesOf: (target: Target) => string[] = functions.filesOf;

/** The model outputs that a target refers to. */
export const outputsOf: (target: Target) => string[] = functions.outputsOf;

/**
 * Resolves a target for a model's output.
 * @throws {CamError} BAD_TARGET for an invalid target.
 * @throws {CamError} UNKNOWN_CLASS for an unknown class.
 */
export const objectiveOf: TargetFunctions['objectiveOf'] = functions.objectiveOf;

/** Scores an output (batch 1) and returns the derivative that starts the backward pass. */
export const scoreOf: TargetFunctions['scoreOf'] = functions.scoreOf;

/** The class of an objective; undefined for other objectives and parts of the pixels. */
export const classOf = (objective: Objective): number | undefined =>
  objective.kind === 'class' && objective.weights === undefined ? objective.class : undefined;

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

import { CamError } from '../errors.ts';
import { CLASS } from './class.ts';
import { CUSTOM } from './custom.ts';
import { DIFFERENCE } from './difference.ts';
import { ELEMENTS } from './elements.ts';
import { isLabel } from './find-class.ts';
import type { KindName, Objective, TargetFunctions, TargetKind } from './kind.ts';
import { parseTarget } from './parse.ts';
import { SIMILARITY } from './similarity.ts';
import type { Target, TargetInput } from './target.ts';

/** Every kind of target, by the kind of objective that it becomes: one row each. */
export const TARGET_KINDS: {
  readonly class: typeof CLASS;
  readonly elements: typeof ELEMENTS;
  readonly difference: typeof DIFFERENCE;
  readonly similarity: typeof SIMILARITY;
  readonly custom: typeof CUSTOM;
} = { class: CLASS, elements: ELEMENTS, difference: DIFFERENCE, similarity: SIMILARITY, custom: CUSTOM };

/** A row, for any target: its key decides that the target is of its kind. */
type AnyKind = TargetKind<Target, KindName>;

const ROWS = Object.values(TARGET_KINDS) as unknown as readonly AnyKind[];

function kindOf(target: Target): AnyKind {
  const kind = ROWS.find(({ key }) => key in target);
  if (kind) return kind;
  const keys = ROWS.map(({ key }) => key).join(', ');
  throw new CamError('BAD_TARGET', `A target has one of the keys ${keys}; this one has none of them.`, {
    option: 'target',
  });
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
 * A target as text that `parseTarget` reads; images and vectors in memory are called by what they are.
 *
 * @example
 * targetText({ class: 12, over: 'predicted' }); // 'class:12@predicted'
 */
export const targetText: (target: Target) => string = functions.textOf;

/**
 * The files that a target names.
 *
 * @example
 * filesOf(parseTarget('class:12@mask.png')); // ['mask.png']
 */
export const filesOf: (target: Target) => string[] = functions.filesOf;

/** The outputs of the model that a target names. */
export const outputsOf: (target: Target) => string[] = functions.outputsOf;

/** Resolves a target on the output of a model. @throws {CamError} BAD_TARGET, UNKNOWN_CLASS. */
export const objectiveOf: TargetFunctions['objectiveOf'] = functions.objectiveOf;

/** Scores an output (batch 1), with the derivative that starts the backward pass. */
export const scoreOf: TargetFunctions['scoreOf'] = functions.scoreOf;

/** The class that an objective is; undefined for other objectives, and for a part of the pixels. */
export const classOf = (objective: Objective): number | undefined =>
  objective.kind === 'class' && objective.weights === undefined ? objective.class : undefined;

/**
 * A target from a number, text or target. Text that is a label is that class, whatever else it could be read as.
 *
 * @example
 * targetOf('tabby', labels); // { class: 'tabby' }
 * targetOf('mean(output[0, 3])', labels); // { index: [0, 3], reduce: 'mean' }
 * @throws {CamError} BAD_TARGET for text that is not a target.
 */
export function targetOf(given: TargetInput, labels: readonly string[]): Target {
  if (typeof given === 'object') return given;
  return typeof given === 'number' || isLabel(given, labels) ? { class: given } : parseTarget(given);
}

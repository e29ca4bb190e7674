import { CamError, didYouMean } from '../errors.ts';
import { CLASS } from './class.ts';
import { CUSTOM } from './custom.ts';
import { DETECTION } from './detection.ts';
import { DIFFERENCE } from './difference.ts';
import { ELEMENTS } from './elements.ts';
import type { KindName, Objective, TargetFunctions, TargetKind, TargetSyntax } from './kind.ts';
import { SIMILARITY } from './similarity.ts';
import type { Target } from './target.ts';

/** Every kind of target, by the kind of its objective. */
export const TARGET_KINDS: {
  readonly class: typeof CLASS;
  readonly detection: typeof DETECTION;
  readonly similarity: typeof SIMILARITY;
  readonly elements: typeof ELEMENTS;
  readonly difference: typeof DIFFERENCE;
  readonly custom: typeof CUSTOM;
} = {
  class: CLASS,
  detection: DETECTION,
  similarity: SIMILARITY,
  elements: ELEMENTS,
  difference: DIFFERENCE,
  custom: CUSTOM,
};

/** A row for any target: the key identifies the kind. */
type AnyKind = TargetKind<Target, KindName>;

const ROWS: readonly AnyKind[] = Object.values(TARGET_KINDS);

/** The key of each kind. */
export const KEYS: readonly string[] = ROWS.map(({ key }) => key);

/** How targets are parsed, by kind. */
export const SYNTAXES: readonly TargetSyntax[] = ROWS.flatMap(({ syntax }) => syntax ?? []);

export const badTarget = (option: string, message: string): CamError =>
  new CamError('BAD_TARGET', message, { option });

/**
 * The row of a target.
 * @throws {CamError} BAD_TARGET for keys of no kind, or of two.
 */
export function kindOf(target: object): AnyKind {
  const [kind, other] = ROWS.filter(({ key }) => Object.hasOwn(target, key));
  if (kind && !other) return kind;
  if (kind)
    throw badTarget('target', `\`${kind.key}\` and \`${other.key}\` are two targets. Pass them separately.`);
  const hint = Object.keys(target)
    .map((key) => didYouMean(key, KEYS))
    .join('');
  throw badTarget('target', `A target has one of the keys ${KEYS.join(', ')}, but this one has none.${hint}`);
}

const functions: TargetFunctions = {
  textOf: (target) => kindOf(target).text(target, functions),
  filesOf: (target) => kindOf(target).files(target, functions),
  outputsOf: (target) => kindOf(target).outputs(target, functions),
  objectiveOf: async (target, context) => kindOf(target).objective(target, context, functions),
  scoreOf(objective, output, classes, score) {
    const kind: AnyKind = TARGET_KINDS[objective.kind];
    return kind.score(objective, output, classes, score, functions);
  },
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

import { badOption, CamError } from '../errors.ts';
import { BASELINES } from '../methods/baseline.ts';
import { ALL, findMethods, type Chosen } from '../methods/choice.ts';
import { COMPATS, FUSIONS } from '../methods/method.ts';
import { targetOf } from '../targets/objective.ts';
import type { Target } from '../targets/target.ts';
import { outputsOf } from '../targets/text.ts';
import type { ExplainOptions, Score } from '../types.ts';

/** What a call asks for: its methods and targets, found in the tables. */
export interface Call {
  readonly methods: readonly Chosen[];
  /** Empty for the best classes. */
  readonly targets: readonly Target[];
  /** Outputs of the model that the call names: one at most. */
  readonly outputs: readonly string[];
}

/**
 * Validates the options of a call against each other and against the image.
 * @throws {CamError} BAD_OPTION, BAD_TARGET, UNKNOWN_METHOD.
 */
export function readCall(
  options: Pick<ExplainOptions, 'method' | 'base' | 'class' | 'target' | 'top' | 'output'>,
  labels: readonly string[],
  hasImage: boolean,
): Call {
  const methods = findMethods(options);
  const targets: Target[] = [
    ...[options.class ?? []].flat().map((index) => ({ class: index })),
    ...[options.target ?? []].flat().map((given) => targetOf(given, labels)),
  ];
  for (const { method } of methods) {
    const makes = method.level === 'input' && method.shows === 'image';
    if (!hasImage && !makes) {
      throw badOption(undefined, `${method.title} explains an image: give it one.`);
    }
    if (makes && targets.length === 0 && options.top === undefined)
      throw badOption('class', `${method.title} makes an image of a class. Set \`class\` or \`target\`.`);
  }
  const outputs = [options.output ?? [], ...targets.flatMap(outputsOf)].flat();
  return { methods, targets, outputs };
}

/** `explain` returns one explanation. @throws {CamError} BAD_OPTION when the options ask for several. */
export function requireSingle(options: ExplainOptions): void {
  const { method, class: classes, target, top } = options;
  const several = (value: unknown): boolean => Array.isArray(value) && value.length > 1;
  const [option] = [
    several(method) || [method].flat().some((name) => name?.trim().toLowerCase() === ALL) ? 'method' : [],
    several(classes) ? 'class' : [],
    several(target) ? 'target' : [],
    (top ?? 1) > 1 ? 'top' : [],
  ].flat();
  if (option === undefined) return;
  throw badOption(
    option,
    `explain() returns one explanation, but \`${option}\` asks for several. Use explainAll().`,
  );
}

/** @throws {CamError} ABORTED when the caller's signal is aborted. */
export function checkSignal(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new CamError('ABORTED', 'Aborted.', { cause: signal.reason });
}

const SCORES: readonly Score[] = ['logit', 'probability'];

/** Temporary value checks */
export function checkValues(options: ExplainOptions): void {
  const { method, layer, score } = options;
  for (const [name, names] of Object.entries({ method, layer })) {
    if (Array.isArray(names) && names.length === 0)
      throw badOption(name, `\`${name}\` is an empty list. Name one, or omit it.`);
  }
  if (score !== undefined && !SCORES.includes(score))
    throw badOption('score', `\`score\` is "${String(score)}". Choose ${SCORES.join(', ')}.`);
  for (const name of ['samples', 'channels', 'concepts', 'batchSize', 'top'] as const) {
    const value = options[name];
    if (value !== undefined && !(Number.isInteger(value) && value > 0))
      throw badOption(name, `\`${name}\` is ${value}: it must be a whole number above 0.`);
  }
  for (const [name, known] of [
    ['fuse', FUSIONS],
    ['baseline', BASELINES],
    ['compat', COMPATS],
  ] as const) {
    const value = options[name];
    if (value !== undefined && !known.some((word) => word === value))
      throw badOption(name, `\`${name}\` is "${value}". Choose ${known.join(', ')}.`);
  }
}

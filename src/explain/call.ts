import { abortedBy, badOption, CamError } from '../errors.ts';
import { ALL, chooseMethods, type Chosen } from '../methods/choice.ts';
import { targetOf } from '../targets/given.ts';
import { outputsOf } from '../targets/kinds.ts';
import type { Target } from '../targets/target.ts';
import type { ExplainOptions } from '../types.ts';

/** The resolved methods and targets of a call. */
export interface Call {
  readonly methods: readonly Chosen[];
  /** Empty for the predicted classes. */
  readonly targets: readonly Target[];
  /** Outputs of the model named in the call, at most one. */
  readonly outputs: readonly string[];
}

/**
 * Validates the options of a call against each other and the image.
 * @throws {CamError} BAD_OPTION, BAD_TARGET or UNKNOWN_METHOD for an invalid option.
 */
export function readCall(
  options: Pick<ExplainOptions, 'method' | 'base' | 'class' | 'target' | 'top' | 'output'>,
  labels: readonly string[],
  hasImage: boolean,
): Call {
  const methods = chooseMethods(options);
  const targets: Target[] = [
    ...[options.class ?? []].flat().map((index) => ({ class: index })),
    ...[options.target ?? []].flat().map((given) => targetOf(given, labels)),
  ];
  for (const { method, makesImage } of methods) {
    if (!hasImage && !makesImage) throw noImage(method.title);
    if (makesImage && targets.length === 0 && options.top === undefined)
      throw badOption('class', `${method.title} generates an image of a class. Set \`class\` or \`target\`.`);
  }
  const outputs = [options.output ?? [], ...targets.flatMap(outputsOf)].flat();
  return { methods, targets, outputs };
}

/** The error for a missing image. */
export const noImage = (what: string): CamError =>
  new CamError(
    'BAD_IMAGE',
    `${what} needs an image. Pass a path, the bytes of an image, its pixels, or a tensor.`,
  );

/**
 * Ensures that `explain` returns one explanation.
 * @throws {CamError} BAD_OPTION when the options ask for several.
 */
export function requireSingle(options: ExplainOptions): void {
  const { method, class: classes, target, top } = options;
  const several = (value: unknown): boolean => Array.isArray(value) && new Set(value).size > 1;
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
  if (signal?.aborted) throw abortedBy(signal);
}

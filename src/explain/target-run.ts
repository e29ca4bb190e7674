import { CamError, InternalError } from '../errors.ts';
import { boxInPicture, type Resizing } from '../image/placement.ts';
import type { GradientPlan } from '../network/network.ts';
import { type FloatTensor } from '../runtime/tensor.ts';
import type { Ranking } from '../targets/classes.ts';
import { type Candidate, detectionsIn, strongest } from '../targets/detections.ts';
import { largestValues } from '../targets/elements.ts';
import type { Objective } from '../targets/kind.ts';
import { classOf, objectiveOf, scoreOf, targetText } from '../targets/kinds.ts';
import { maskWeights } from '../targets/mask.ts';
import type { Score, Scored, Target } from '../targets/target.ts';
import type { Detection, ExplainOptions, TargetInfo } from '../types.ts';
import { advised } from './advice.ts';
import { resultOf } from './attempt.ts';
import type { CallContext } from './context.ts';
import { candidatesOf, explainedOutput, type ForwardPass, outputFor } from './forward.ts';
import type { PlannedGradient } from './gradient-plans.ts';
import type { Plan } from './plan.ts';
import type { Stopwatch } from './stopwatch.ts';

/** A target on one forward pass: its score, and its gradients on demand. */
export interface TargetRun {
  readonly pass: ForwardPass;
  /** Why there is no score. Methods that need none still work. */
  readonly problem: string | undefined;
  readonly objective: Objective;
  readonly info: TargetInfo;
  /** The score of any output (negated for a counterfactual), with its derivative. */
  readonly scoreOf: (output: FloatTensor, which?: Score) => Scored;
  /** The image's score. */
  readonly scored: Scored;
  /** The gradients of a plan by value name; throws the error of a failed plan. */
  readonly gradients: (plan: PlannedGradient) => Promise<ReadonlyMap<string, FloatTensor>>;
}

/** Context for resolving a target. */
export interface TargetContext extends Pick<CallContext, 'watch' | 'readMask' | 'readTensor'> {
  readonly labels: readonly string[];
  readonly ranking: Ranking;
  readonly options: Pick<ExplainOptions, 'score' | 'counterfactual'>;
}

/**
 * Resolves a target on a forward pass.
 * @throws {CamError} BAD_TARGET for an invalid target.
 * @throws {CamError} UNKNOWN_CLASS for an unknown class.
 */
export async function runTarget(
  pass: ForwardPass,
  target: Target,
  context: TargetContext,
): Promise<TargetRun> {
  const { ranking, options, watch } = context;
  const { plan } = pass;
  const objective = await objectiveFor(pass, target, context);
  const index = classOf(objective);
  const known = index === undefined ? undefined : ranking.of(index);
  const plain = (output: FloatTensor, which?: Score) =>
    scoreOf(objective, output, plan.output, scoreFor(plan, which ?? options.score));
  const signed: TargetRun['scoreOf'] = options.counterfactual
    ? (...given) => negated(plain(...given))
    : plain;
  const output = explainedOutput(pass);
  const { score } = plain(output);
  const info: TargetInfo =
    objective.kind === 'detection'
      ? detectionInfo(objective, target, score, context.labels, pass)
      : {
          index: known?.index,
          label: known?.label ?? targetText(target),
          score,
          probability: known?.probability,
          detection: undefined,
        };
  return { problem: undefined, objective, info, scoreOf: signed, ...onPass(pass, signed(output), watch) };
}

function detectionInfo(
  { candidate, byClass }: Extract<Objective, { kind: 'detection' }>,
  target: Target,
  score: number,
  labels: readonly string[],
  pass: ForwardPass,
): TargetInfo {
  const detection = detectionFor(candidate, labels, pass);
  const { class: index, label } = detection;
  return {
    index: byClass ? index : undefined,
    label: byClass ? label : targetText(target),
    score,
    probability: detection.score,
    detection,
  };
}

/** The detections of an image; none for other outputs. */
export function detectionsOf(pass: ForwardPass, labels: readonly string[]): Detection[] {
  const candidates = candidatesOf(pass);
  return candidates ? detectionsIn(candidates).map((one) => detectionFor(one, labels, pass)) : [];
}

const detectionFor = (
  { class: index, score, box }: Candidate,
  labels: readonly string[],
  { input }: ForwardPass,
): Detection => ({
  class: index,
  label: labels[index] ?? String(index),
  score,
  box: boxInPicture(box, input.image.placement),
});

/** The same target on another forward pass, with noise or mirrored. */
export const rerunTarget = (run: TargetRun, pass: ForwardPass, watch: Stopwatch): TargetRun =>
  run.problem === undefined
    ? { ...run, ...onPass(pass, run.scoreOf(explainedOutput(pass)), watch) }
    : { ...run, pass };

/** Why nothing has a score: the output's own reason, or a detector's if it found nothing to explain. */
export const noScoreReason = ({ plan }: ForwardPass, targets: readonly Target[]): string | undefined =>
  plan.output.problem ??
  (targets.length > 0
    ? undefined
    : 'Nothing was detected in this image. Set `class`, or use a method that needs no score, such as eigencam.');

/** A run for methods that need no score, on an output that has none. */
export function runWithoutTarget(pass: ForwardPass, problem: string): TargetRun {
  const { name } = pass.plan.output;
  const fail = (): never => {
    throw new InternalError(`The output "${name}" has no score.`);
  };
  return {
    pass,
    problem,
    objective: { kind: 'custom', of: fail },
    info: { index: undefined, label: name, score: NaN, probability: undefined, detection: undefined },
    scoreOf: fail,
    scored: { score: NaN, seed: new Float32Array() },
    gradients: () => Promise.resolve(fail()),
  };
}

/** How to compute the score from the explained value, which may already be the model's probabilities. */
export const scoreFor = ({ explained, output }: Plan, which: Score = 'logit'): Score =>
  explained === output.probabilities ? 'logit' : which;

/** The targets of a call: the requested ones, or the best classes or values. */
export function targetsOf(
  asked: readonly Target[],
  top: number | undefined,
  ranking: Ranking,
  labels: readonly string[],
  { network, plan, values }: Pick<ForwardPass, 'network' | 'plan' | 'values'>,
): readonly Target[] {
  const best = top ?? (asked.length === 0 ? 1 : 0);
  if (best === 0) return asked;
  const candidates = candidatesOf({ plan, values });
  // Resolving a detection of an unknown layout says which target to write.
  if (plan.output.kind === 'detections' && !candidates) return [{ detection: 0 }];
  if (candidates) {
    const found = strongest(candidates);
    if (top === undefined) return found ? [{ class: found.class }] : [];
    return detectionsIn(candidates)
      .slice(0, top)
      .map((_, detection) => ({ detection }));
  }
  return plan.output.kind === 'values'
    ? largestValues(network.real(values, plan.output.logits), plan.output, labels, best)
    : ranking.best(best).map(({ index }) => ({ class: index }));
}

const negated = ({ score, seed }: Scored): Scored => ({ score: -score, seed: seed.map((value) => -value) });

/** Score and gradients on a pass; each backward pass runs once. */
function onPass(
  pass: ForwardPass,
  scored: Scored,
  watch: Stopwatch,
): Pick<TargetRun, 'pass' | 'scored' | 'gradients'> {
  const { network, plan, values } = pass;
  const done = new Map<GradientPlan, Promise<ReadonlyMap<string, FloatTensor>>>();
  const gradients: TargetRun['gradients'] = async (planned) => {
    if (planned === undefined) throw new InternalError('No method asked for the gradient.');
    if (!planned.ok) throw advised(planned.error, network, plan.input, plan.explained);
    const gradientPlan = resultOf(planned);
    return watch.time('backward', () => {
      const found = done.get(gradientPlan) ?? network.backward(gradientPlan, scored.seed, values);
      done.set(gradientPlan, found);
      return found;
    });
  };
  return { pass, scored, gradients };
}

function objectiveFor(
  pass: ForwardPass,
  target: Target,
  { labels, readMask, readTensor }: TargetContext,
): Promise<Objective> {
  const { network, plan, values, input } = pass;
  const { picture, placement, preprocessing } = input.image;
  const resizing: Resizing =
    picture && preprocessing ? preprocessing : { ...placement.input, fit: 'stretch', cropPct: 1 };
  return objectiveOf(target, {
    classes: plan.output,
    labels,
    logits: network.real(values, plan.output.logits),
    candidates: candidatesOf(pass),
    toPicture: (box) => boxInPicture(box, placement),
    mask: async (source, grid) => maskWeights(await readMask(source), grid, resizing),
    outputFor: async (source) => outputFor(pass, await readTensor(source)),
  });
}

/**
 * The class of a target.
 * @throws {CamError} BAD_TARGET for targets that are not a class.
 */
export function requireClass({ objective }: TargetRun, method: string): number {
  const index = classOf(objective);
  if (index !== undefined) return index;
  throw new CamError('BAD_TARGET', `${method} only explains a class. Use gradcam for other targets.`, {
    option: 'target',
  });
}

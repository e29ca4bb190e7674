import { CamError, InternalError } from '../errors.ts';
import type { ImageInput } from '../image/source.ts';
import type { Picture } from '../image/source.ts';
import type { GradientPlan } from '../network/network.ts';
import { type FloatTensor, toFloat } from '../runtime/tensor.ts';
import type { Ranking } from '../targets/classes.ts';
import { largestValues } from '../targets/elements.ts';
import type { Objective } from '../targets/kind.ts';
import { classOf, objectiveOf, scoreOf, targetText } from '../targets/kinds.ts';
import { maskWeights } from '../targets/mask.ts';
import type { Score, Scored, Target } from '../targets/target.ts';
import type { ExplainOptions, FileSource, TargetInfo } from '../types.ts';
import { advised } from './advice.ts';
import { resultOf } from './attempt.ts';
import { explainedOutput, feedsFor, type ForwardPass } from './forward.ts';
import type { PlannedGradient } from './gradient-plans.ts';
import type { Plan } from './plan.ts';
import type { Stopwatch } from './stopwatch.ts';

/** A target on one forward pass: its score, and its gradients on demand. */
export interface TargetRun {
  readonly pass: ForwardPass;
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
export interface TargetContext {
  readonly labels: readonly string[];
  readonly ranking: Ranking;
  readonly options: Pick<ExplainOptions, 'score' | 'counterfactual'>;
  readonly watch: Stopwatch;
  /** Readers for other images of targets: as pictures, and as model inputs. */
  readonly readMask: (source: FileSource | ImageInput) => Promise<Picture>;
  readonly readTensor: (source: FileSource | ImageInput) => Promise<FloatTensor>;
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
  const info: TargetInfo = {
    index: known?.index,
    label: known?.label ?? targetText(target),
    score: plain(output).score,
    probability: known?.probability,
  };
  return { objective, info, scoreOf: signed, ...onPass(pass, signed(output), watch) };
}

/** The same target on another forward pass, with noise or mirrored. */
export const rerunTarget = (run: TargetRun, pass: ForwardPass, watch: Stopwatch): TargetRun =>
  pass.plan.output.problem === undefined
    ? { ...run, ...onPass(pass, run.scoreOf(explainedOutput(pass)), watch) }
    : { ...run, pass };

/** A run for methods that need no score, on an output that has none. */
export function runWithoutTarget(pass: ForwardPass): TargetRun {
  const { name } = pass.plan.output;
  const fail = (): never => {
    throw new InternalError(`The output "${name}" has no score.`);
  };
  return {
    pass,
    objective: { kind: 'custom', of: fail },
    info: { index: undefined, label: name, score: NaN, probability: undefined },
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
  { plan, values }: Pick<ForwardPass, 'plan' | 'values'>,
): readonly Target[] {
  const best = top ?? (asked.length === 0 ? 1 : 0);
  if (best === 0) return asked;
  return plan.output.kind === 'values'
    ? largestValues(toFloat(values[plan.output.logits]), plan.output, best)
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
  const { picture, preprocessing } = input.image;
  const fit = picture && preprocessing ? preprocessing.fit : 'stretch';
  return objectiveOf(target, {
    classes: plan.output,
    labels,
    logits: toFloat(values[plan.output.logits]),
    mask: async (source, grid) => maskWeights(await readMask(source), grid, fit),
    outputFor: async (source) => {
      const feeds = feedsFor(pass, await readTensor(source));
      return explainedOutput({ plan, values: await network.forward(feeds, [plan.explained]) });
    },
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

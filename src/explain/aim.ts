import { advised } from './advice.ts';
import { CamError } from '../errors.ts';
import type { TargetInfo } from '../types.ts';
import type { Layer } from '../network/layers.ts';
import type { GradientPlan } from '../network/network.ts';
import { toFloat, type FloatTensor } from '../runtime/tensor.ts';
import { feedsFor, scoreFrom, type Scene } from './scene.ts';
import { maskWeights } from '../targets/mask.ts';
import { classOf, objectiveOf, type Objective, type Sight } from '../targets/objective.ts';
import { scoreOf } from '../targets/score.ts';
import type { Score, Scored, Target } from '../targets/target.ts';
import { targetText } from '../targets/text.ts';

/** A scene seen for one target; gradients are computed when first asked for. */
export interface Aim {
  readonly scene: Scene;
  readonly objective: Objective;
  readonly info: TargetInfo;
  /** The score of an output, negative for a counterfactual, and what it depends on. */
  readonly score: (output: FloatTensor, which?: Score) => Scored;
  /** The score of the image itself. */
  readonly scored: Scored;
  /** The gradients of a plan; throws what kept it from being planned. */
  readonly gradients: (plan: GradientPlan | Error | undefined) => Promise<ReadonlyMap<string, FloatTensor>>;
}

/** Who asks: a method on behalf of one target, at one layer if it has one. */
export interface Asker {
  readonly aim: Aim;
  readonly method: string;
  readonly layer: Layer | undefined;
}

/** What is explained of a scene: what the caller asks for, or the best classes. */
export function targetsOf({ options, ranking, wishes }: Scene): readonly Target[] {
  const best = options.top ?? (wishes.length === 0 ? 1 : 0);
  return best === 0 ? wishes : ranking.best(best).map(({ index }) => ({ class: index }));
}

/** @throws CamError BAD_TARGET, UNKNOWN_CLASS. */
export async function aimAt(scene: Scene, wish: Target): Promise<Aim> {
  const objective = await objectiveOf(wish, sightOf(scene));
  const { values, explained, ranking } = scene;
  const index = classOf(objective);
  const known = index === undefined ? undefined : ranking.of(index);
  const plain = (output: FloatTensor, which?: Score) =>
    scoreOf(objective, output, scene.output, scoreFrom(scene, which));
  const score: Aim['score'] = scene.options.counterfactual ? (...given) => negated(plain(...given)) : plain;
  const output = toFloat(values[explained]);
  const info: TargetInfo = {
    index: known?.index,
    label: known?.label ?? targetText(wish),
    score: plain(output).score,
    probability: known?.probability,
  };
  const scored = score(output);
  return { scene, objective, info, score, scored, gradients: gradientsOf(scene, scored.seed) };
}

/** The same target in another scene: that of the image with noise, or mirrored. */
export function aimAlike({ objective, info, score }: Aim, scene: Scene): Aim {
  const scored = score(toFloat(scene.values[scene.explained]));
  return { scene, objective, info, score, scored, gradients: gradientsOf(scene, scored.seed) };
}

const negated = ({ score, seed }: Scored): Scored => ({ score: -score, seed: seed.map((value) => -value) });

function gradientsOf(
  { network, input, explained, values, timings }: Scene,
  seed: Float32Array,
): Aim['gradients'] {
  const done = new Map<GradientPlan, Promise<ReadonlyMap<string, FloatTensor>>>();
  return async (plan) => {
    if (plan === undefined) throw new CamError('BAD_OPTION', 'This gradient was not planned for.');
    if (plan instanceof Error) throw advised(plan, network, input, explained);
    const started = performance.now();
    let found = done.get(plan);
    if (!found) done.set(plan, (found = network.backward(plan, seed, values)));
    const gradients = await found;
    timings.backward = (timings.backward ?? 0) + performance.now() - started;
    return gradients;
  };
}

/** What a target is made out with. */
function sightOf(scene: Scene): Sight {
  const { network, labels, output, values, explained, prepared, preprocessing } = scene;
  const fit = prepared.picture && preprocessing ? preprocessing.fit : 'stretch';
  return {
    classes: output,
    labels,
    logits: toFloat(values[output.logits]),
    mask: async (source, grid) => maskWeights(await scene.pictureOf(source), grid, fit),
    outputFor: async (source) => {
      const feeds = feedsFor(scene, await scene.tensorOf(source));
      return toFloat((await network.forward(feeds, [explained]))[explained]);
    },
  };
}

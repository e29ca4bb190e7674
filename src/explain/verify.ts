import { CamError, InternalError } from '../errors.ts';
import { chooseMethods } from '../methods/choice.ts';
import { random } from '../methods/random.ts';
import type { ModelInput } from '../models/source.ts';
import { headFeeds } from '../network/head.ts';
import type { Values } from '../network/network.ts';
import { gradientPath } from '../network/reach.ts';
import { checkOptions } from '../options/check.ts';
import { type FloatTensor, toFloat } from '../runtime/tensor.ts';
import { targetOf } from '../targets/given.ts';
import type { ImageInput, VerifyOptions } from '../types.ts';
import { resultOr } from './attempt.ts';
import { checkSignal } from './call.ts';
import { contextFor } from './context.ts';
import { compareDirection, type DirectionalCheck } from './directional.ts';
import {
  explainedOutput,
  feedsFor,
  type ForwardPass,
  rankingOf,
  requireFinite,
  runForward,
} from './forward.ts';
import type { PlannedGradient } from './gradient-plans.ts';
import { type PreparedInput, prepareInput, withVolume } from './input.ts';
import { type LoadedModel, loadEverything, networkSlot, runtimeOptionsOf } from './loaded.ts';
import { explainedOutputOf } from './output.ts';
import { planFor } from './plan.ts';
import { changeOf, euclideanLength, innerProduct, isQuantized, precisionOf } from './precision.ts';
import { stopwatch } from './stopwatch.ts';
import { runTarget, type TargetRun, targetsOf } from './target-run.ts';
import { checkOperators } from './verify-operators.ts';
import { checkOptimizer, type OptimizerCheck } from './verify-optimizer.ts';

/** A gradient of the target against differences of the model. */
export interface GradientCheck extends DirectionalCheck {
  /** The gradient at the input, at the layer, or of one operator. */
  readonly at: 'input' | 'layer' | 'operator';
  /** The value, or the operator's node. */
  readonly name: string;
  /** Along the gradient, or a random direction. */
  readonly direction: 'gradient' | 'random';
}

/** A gradient that does not exist. */
export interface MissingGradient {
  readonly at: GradientCheck['at'];
  readonly name: string;
  readonly why: string;
}

/** What `verifyGradients` found. */
export interface Verification {
  /** Whether no gradient and no value is wrong. */
  readonly ok: boolean;
  /** The explained target, and its score. */
  readonly target: string;
  readonly score: number;
  readonly gradients: readonly GradientCheck[];
  /** Gradients that a node blocks. */
  readonly missing: readonly MissingGradient[];
  /** Values with the optimizer of onnxruntime-web against values without it. */
  readonly optimizer: readonly OptimizerCheck[];
}

/** Number of random directions. */
export const DEFAULT_DIRECTIONS = 3;

/**
 * Compares gradients with differences of the model as onnxruntime-web runs it: directional derivatives of the target at
 * the input and at the layer, along the gradient and along random directions, and on request of every operator by
 * itself. Also compares the model's values with onnxruntime-web's optimizer on and off. Without an image, the input is
 * noise.
 *
 * @example
 * const { ok, gradients } = await verifyGradients('resnet50.onnx', 'cat.jpg', { operators: true });
 * for (const { name, difference, verdict } of gradients) console.log(name, difference, verdict);
 * @throws {CamError} BAD_MODEL, BAD_IMAGE, BAD_OPTION, BAD_TARGET, UNKNOWN_CLASS, UNKNOWN_LAYER, UNSUPPORTED_MODEL, RUNTIME
 * or ABORTED as in `Explainer.explainAll`.
 */
export async function verifyGradients(
  model?: ModelInput,
  image?: ImageInput,
  options: VerifyOptions = {},
): Promise<Verification> {
  checkOptions(options, 'verify');
  const loaded = await loadEverything(model, options);
  const slot = networkSlot(loaded);
  try {
    const prepared = await inputFor(loaded, image, options);
    const context = await contextFor(loaded, slot, prepared, options, stopwatch());
    return await verify(loaded, prepared, context, options);
  } finally {
    await slot.close();
  }
}

/** The image as input, or noise in its place. */
async function inputFor(
  model: LoadedModel,
  image: ImageInput | undefined,
  { seed = 0, maxPixels }: VerifyOptions,
): Promise<PreparedInput> {
  const prepared = await prepareInput(model, image, maxPixels);
  if (image !== undefined) return prepared;
  const { normal } = random(seed, 'verify');
  const tensor = { ...prepared.tensor, data: prepared.tensor.data.map(normal) };
  return { ...withVolume(prepared, tensor, model.kernels), blank: false };
}

async function verify(
  model: LoadedModel,
  prepared: PreparedInput,
  context: Awaited<ReturnType<typeof contextFor>>,
  options: VerifyOptions,
): Promise<Verification> {
  const { network, input, others, labels, watch } = context;
  const named = [options.output ?? []].flat();
  const { output, names } = explainedOutputOf(network, input, named, labels, options);
  if (output.problem !== undefined)
    throw new CamError('UNSUPPORTED_MODEL', output.problem, { option: 'output' });
  const methods = chooseMethods({ method: ['gradcam', 'saliency'] });
  const plan = planFor(network, { input, output, methods, options });
  const pass = await runForward(network, plan, prepared, others);
  const ranking = rankingOf(pass, names);
  requireFinite(pass, ranking);
  const asked =
    options.class !== undefined
      ? [{ class: options.class }]
      : [options.target ?? []].flat().map((one) => targetOf(one, names));
  const [target] = targetsOf(asked, undefined, ranking, pass);
  if (target === undefined)
    throw new CamError('BAD_TARGET', 'Nothing was detected in this image. Set `class`.', { option: 'class' });
  const run = await runTarget(pass, target, { ...context, labels: names, ranking, options, watch });
  const gradients: GradientCheck[] = [];
  const missing: MissingGradient[] = [];
  for (const place of gradientPlaces(run)) {
    if (place.planned === undefined) continue;
    if (!place.planned.ok) {
      missing.push({ at: place.at, name: place.name, why: place.planned.error.message });
      continue;
    }
    const gradient = (await run.gradients(place.planned)).get(place.name);
    if (gradient === undefined) throw new InternalError(`There is no gradient of "${place.name}".`);
    gradients.push(...(await checkPlace(run, place, gradient, options)));
  }
  const session = { ...runtimeOptionsOf(model.options), external: model.source.external };
  if (options.operators) gradients.push(...(await checkOperators(pass, session, options)));
  const layers = resultOr(plan.layers, []).map(({ name }) => name);
  const optimizer = await checkOptimizer(
    network,
    feedsFor(pass, prepared.tensor),
    [...new Set([plan.explained, ...layers])],
    session,
  );
  return {
    ok: [...gradients, ...optimizer].every(({ verdict }) => verdict !== 'mismatch'),
    target: run.info.label,
    score: run.info.score,
    gradients,
    missing,
    optimizer,
  };
}

/** A value at which a gradient is checked. */
interface GradientPlace {
  readonly at: 'input' | 'layer';
  readonly name: string;
  readonly value: FloatTensor;
  readonly planned: PlannedGradient;
  /** The explained output for another value there. */
  readonly outputAt: (value: FloatTensor) => Promise<FloatTensor>;
}

function gradientPlaces({ pass }: TargetRun): GradientPlace[] {
  const { network, plan, input, others, values } = pass;
  const atInput: GradientPlace = {
    at: 'input',
    name: plan.input,
    value: input.tensor,
    planned: plan.gradients.plain,
    outputAt: async (tensor) =>
      explainedOutput({
        plan,
        values: await network.forward(feedsFor({ network, plan, others }, tensor), [plan.explained]),
      }),
  };
  const layers = resultOr(plan.layers, []).map(({ name }): GradientPlace => {
    const value = toFloat(values[name]);
    return {
      at: 'layer',
      name,
      value,
      planned: plan.gradients.layers,
      outputAt: async (tensor) => {
        const around = await valuesAround(pass, name);
        const feeds = headFeeds(network, name, plan.explained, tensor, around);
        return toFloat((await network.runHead(name, plan.explained, feeds))[plan.explained]);
      },
    };
  });
  return [atInput, ...layers];
}

/** The values that the part of the model after a layer reads. */
const valuesAround = ({ network, plan, input, others }: ForwardPass, name: string): Promise<Values> =>
  network.forward(
    feedsFor({ network, plan, others }, input.tensor),
    network.head(name, plan.explained).inputs,
  );

async function checkPlace(
  run: TargetRun,
  { at, name, value, outputAt }: GradientPlace,
  gradient: FloatTensor,
  { seed = 0, directions = DEFAULT_DIRECTIONS, signal }: VerifyOptions,
): Promise<GradientCheck[]> {
  const { network, plan } = run.pass;
  const after = network.flow.downstream([name]);
  const path = gradientPath(network, plan.input, plan.explained).reached;
  const estimated = isQuantized(
    network,
    [...path].filter((one) => after.has(one)),
  );
  const checks: GradientCheck[] = [];
  const size = euclideanLength(value.data) || 1;
  for (let n = 0; n <= directions; n++) {
    const { normal } = random(seed, `verify ${name}`, n);
    const raw = n === 0 ? gradient.data : value.data.map(normal);
    const length = euclideanLength(raw);
    if (length === 0) continue;
    // As long as the point, so that steps are shares of it.
    const direction = raw.map((part) => (part * size) / length);
    const scoreAt = async (step: number) => {
      checkSignal(signal);
      const moved = value.data.map((v, i) => v + step * direction[i]);
      const { score } = run.scoreOf(await outputAt({ ...value, data: moved }));
      return { value: score, change: changeOf(gradient.data, value.data, moved) };
    };
    const found = await compareDirection(scoreAt, {
      predicted: innerProduct(gradient.data, direction),
      precision: precisionOf(network),
      scale: euclideanLength(gradient.data) * size,
    });
    const verdict = estimated && found.verdict !== 'equal' ? 'estimate' : found.verdict;
    checks.push({ at, name, direction: n === 0 ? 'gradient' : 'random', ...found, verdict });
  }
  return checks;
}

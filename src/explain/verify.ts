import { CamError, InternalError } from '../errors.ts';
import { random } from '../methods/random.ts';
import type { ModelInput } from '../models/source.ts';
import { headFeeds } from '../network/head.ts';
import type { Values } from '../network/network.ts';
import { gradientPath } from '../network/reach.ts';
import { checkOptions } from '../options/check.ts';
import type { FloatTensor } from '../runtime/tensor.ts';
import { dot } from '../targets/similarity.ts';
import type { ImageInput, VerifyOptions } from '../types.ts';
import { resultOr } from './attempt.ts';
import { checkSignal, readCall } from './call.ts';
import { contextFor } from './context.ts';
import { compareDirection, type DirectionalCheck, isHalf } from './directional.ts';
import {
  explainedOutput,
  feedsFor,
  type ForwardPass,
  outputFor,
  rankingOf,
  requireFinite,
  runForward,
} from './forward.ts';
import type { PlannedGradient } from './gradient-plans.ts';
import { type PreparedInput, prepareInput, withVolume } from './input.ts';
import { type LoadedModel, loadEverything, networkSlot, runtimeOptionsOf, withPreset } from './loaded.ts';
import { explainedOutputOf } from './output.ts';
import { planFor } from './plan.ts';
import {
  asLongAs,
  asStored,
  changeOf,
  euclideanLength,
  hasDetached,
  isQuantized,
  movedAlong,
  precisionOf,
  steepDirection,
} from './precision.ts';
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
    return await verify(loaded, prepared, context, withPreset(options, options));
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
  const call = readCall({ ...options, method: ['gradcam', 'saliency'] }, labels.names, true);
  const { output, names } = explainedOutputOf(network, input, call.outputs, labels, options);
  if (output.problem !== undefined)
    throw new CamError('UNSUPPORTED_MODEL', output.problem, { option: 'output' });
  const plan = planFor(network, { input, output, methods: call.methods, options });
  const pass = await runForward(network, plan, prepared, others);
  const ranking = rankingOf(pass, names);
  requireFinite(pass, ranking);
  const [target] = targetsOf(call.targets, undefined, ranking, names, pass);
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
  const { network, plan, input, values } = pass;
  const atInput: GradientPlace = {
    at: 'input',
    name: plan.input,
    value: input.tensor,
    planned: plan.gradients.plain,
    outputAt: (tensor) => outputFor(pass, tensor),
  };
  const layers = resultOr(plan.layers, []).map(({ name }): GradientPlace => {
    let around: Promise<Values> | undefined;
    return {
      at: 'layer',
      name,
      value: network.real(values, name),
      planned: plan.gradients.layers,
      outputAt: async (tensor) => {
        around ??= valuesAround(pass, name);
        const feeds = headFeeds(network, name, plan.explained, tensor, await around);
        return explainedOutput({
          network,
          plan,
          values: await network.runHead(name, plan.explained, feeds),
        });
      },
    };
  });
  return [atInput, ...layers];
}

/** The values that the part of the model after a layer reads. */
const valuesAround = (pass: ForwardPass, name: string): Promise<Values> => {
  const { network, plan, input } = pass;
  return network.forward(feedsFor(pass, input.tensor), network.head(name, plan.explained).inputs);
};

async function checkPlace(
  run: TargetRun,
  { at, name, value, outputAt }: GradientPlace,
  gradient: FloatTensor,
  { seed = 0, directions = DEFAULT_DIRECTIONS, signal }: VerifyOptions,
): Promise<GradientCheck[]> {
  const { network, plan } = run.pass;
  const { reached } = gradientPath(network, plan.input, plan.explained);
  const after = network.flow.downstream([name]);
  const between = [...reached].filter((one) => after.has(one));
  const exempt = isQuantized(network, between)
    ? 'estimate'
    : hasDetached(network, between, after)
      ? 'detached'
      : undefined;
  const precision = precisionOf(network);
  const checks: GradientCheck[] = [];
  for (let n = 0; n <= directions; n++) {
    const { normal } = random(seed, `verify ${name}`, n);
    const raw =
      n === 0
        ? gradient.data
        : isHalf(precision)
          ? steepDirection(gradient.data, normal)
          : value.data.map(normal);
    if (euclideanLength(raw) === 0) continue;
    const direction = asLongAs(raw, value.data);
    const scoreAt = async (step: number) => {
      checkSignal(signal);
      const moved = asStored(movedAlong(value.data, direction, step), network.facts.types.get(name));
      const { score } = run.scoreOf(await outputAt({ ...value, data: moved }));
      return { value: score, change: changeOf(gradient.data, value.data, moved) };
    };
    const found = await compareDirection(scoreAt, {
      predicted: dot(gradient.data, direction),
      precision,
      scale: euclideanLength(gradient.data) * euclideanLength(direction),
      exempt,
    });
    checks.push({ at, name, direction: n === 0 ? 'gradient' : 'random', ...found });
  }
  return checks;
}

import { CamError, codeOf } from '../errors.ts';
import type { Kernels, Volume } from '../kernels/index.ts';
import { usesScore } from '../methods/choice.ts';
import { hasSharedVariants } from '../methods/method.ts';
import type { FloatTensor } from '../runtime/tensor.ts';
import type { ExplainOptions, ExplainReport, Failure, Tensors } from '../types.ts';
import { resultOr } from './attempt.ts';
import { type Call, checkSignal } from './call.ts';
import type { CallContext } from './context.ts';
import { explanationOf, type HeatmapSettings, type MethodResult } from './explanation.ts';
import { type ForwardPass, rankingOf, requireFinite, runForward, runForwardOn } from './forward.ts';
import type { PlannedGradient } from './gradient-plans.ts';
import { type PreparedInput, volumeOf } from './input.ts';
import type { SharedScores } from './method-run.ts';
import { explainedOutputOf, outputInfo } from './output.ts';
import { planFor } from './plan.ts';
import { type MapOptions, type Notes, rawMaps } from './raw-maps.ts';
import type { Stopwatch } from './stopwatch.ts';
import {
  detectionsOf,
  noScoreReason,
  rerunTarget,
  runTarget,
  runWithoutTarget,
  type TargetRun,
  targetsOf,
} from './target-run.ts';
import { type VariantOptions, variantsOf } from './variants.ts';

/** One method on one target, with the results so far. */
interface Task {
  readonly chosen: Call['methods'][number];
  readonly target: TargetRun;
  readonly notes: Notes;
  /** Maps for each variant of the image. */
  readonly maps: Volume[][];
  tensors?: Tensors;
  error?: Error;
}

/** Number of classes in a report's prediction. */
export const PREDICTED = 5;

/** One image, any number of methods and targets: one forward pass, and one backward pass per target. */
export async function explainSteps(
  call: Call,
  input: PreparedInput,
  options: ExplainOptions,
  { network, kernels, labels, input: inputName, others, watch, readMask, readTensor }: CallContext,
): Promise<Omit<ExplainReport, 'confident' | 'preprocessing' | 'preprocessingSources' | 'timings' | 'runs'>> {
  const { output, names, note } = explainedOutputOf(network, inputName, call.outputs, labels, options);
  const plan = planFor(network, { input: inputName, output, methods: call.methods, options });
  await watch.time('session', () => network.tap(plan.taps));
  const pass = await watch.time('forward', () => runForward(network, plan, input, others));
  const ranking = rankingOf(pass, names);
  requireFinite(pass, ranking);
  const tasks: Task[] = [];
  const context = { labels: names, ranking, options, watch, readMask, readTensor };
  const targets =
    output.problem === undefined ? targetsOf(call.targets, options.top, ranking, names, pass) : [];
  const problem = noScoreReason(pass, targets);
  const runs = problem === undefined ? [] : [runWithoutTarget(pass, problem)];
  for (const target of problem === undefined ? targets : [])
    runs.push(await runTarget(pass, target, context));
  for (const run of runs) {
    for (const chosen of call.methods)
      tasks.push({ chosen, target: run, notes: { warnings: new Set(), measures: new Map() }, maps: [] });
  }
  if (options.tensors) await addTensors(tasks, options);
  await makeMaps(pass, tasks, options, kernels, watch);
  return watch.time('heatmap', () =>
    Promise.resolve({
      output: outputInfo(output, note),
      detections: detectionsOf(pass, names),
      prediction: ranking.best(PREDICTED),
      ...resultsOf(tasks, options, kernels),
    }),
  );
}

function resultsOf(
  tasks: readonly Task[],
  options: HeatmapSettings,
  kernels: Kernels,
): Pick<ExplainReport, 'explanations' | 'failures'> {
  const failures = tasks.flatMap(({ chosen, target, error }): Failure[] =>
    error === undefined || isUnsuited(chosen, error)
      ? []
      : [{ method: chosen.id, target: target.info, ...codeOf(error), error }],
  );
  const explanations = tasks
    .filter(({ error }) => error === undefined)
    .map((task) =>
      explanationOf({ ...task, tensors: task.tensors } satisfies MethodResult, options, kernels),
    );
  return { explanations, failures };
}

/** With `all`, methods that the model does not support are omitted. */
const isUnsuited = ({ optional }: Task['chosen'], error: Error): boolean =>
  optional && error instanceof CamError && error.code === 'UNSUPPORTED_MODEL';

/** Computes the maps of all tasks, for each variant of the image. */
async function makeMaps(
  pass: ForwardPass,
  tasks: readonly Task[],
  options: MapOptions & VariantOptions,
  kernels: Kernels,
  watch: Stopwatch,
): Promise<void> {
  const variants = pass.input.blank ? [] : variantsOf(() => volumeOf(pass.input), options);
  if (variants.length === 0) return addMaps(tasks, ({ target }) => target, options, kernels, watch);
  for (const [i, { change, undo }] of variants.entries()) {
    const varied = await runForwardOn(pass, change(volumeOf(pass.input)), kernels);
    const runs = new Map(tasks.map(({ target }) => [target, rerunTarget(target, varied, watch)]));
    await addMaps(tasks, ({ target }) => runs.get(target)!, options, kernels, watch, undo);
    options.onProgress?.({ method: 'smoothing', done: i + 1, total: variants.length });
  }
}

/** For each method that changes the image alike for every target: its targets. */
function sharedScores(
  tasks: readonly Task[],
  runOf: (task: Task) => TargetRun,
): ReadonlyMap<Task['chosen'], SharedScores> {
  const shared = new Map<Task['chosen'], SharedScores>();
  for (const { chosen } of tasks) {
    const targets = tasks.filter((task) => task.chosen === chosen).map(runOf);
    if (targets.length > 1 && hasSharedVariants(chosen.needs))
      shared.set(chosen, { targets, scores: new Map() });
  }
  return shared;
}

async function addMaps(
  tasks: readonly Task[],
  runOf: (task: Task) => TargetRun,
  options: MapOptions,
  kernels: Kernels,
  watch: Stopwatch,
  undo: (map: Volume) => Volume = (map) => map,
): Promise<void> {
  const shared = sharedScores(tasks, runOf);
  for (const task of tasks) {
    if (task.error) continue;
    checkSignal(options.signal);
    const { chosen, notes } = task;
    await settle(task, () =>
      watch.time(chosen.id, async () => {
        const { problem } = task.target;
        if (problem !== undefined && usesScore(chosen))
          throw new CamError('UNSUPPORTED_MODEL', problem, { option: 'output' });
        const maps = await rawMaps({
          chosen,
          target: runOf(task),
          shared: shared.get(chosen),
          options,
          kernels,
          notes,
        });
        task.maps.push(maps.map(undo));
      }),
    );
  }
}

/**
 * Records the error of a task, so that the others continue.
 * @throws {CamError} ABORTED when the call is aborted.
 */
async function settle(task: Task, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (error instanceof CamError && error.code === 'ABORTED') throw error;
    task.error = error as Error;
  }
}

async function addTensors(
  tasks: readonly Task[],
  { counterfactual }: Pick<ExplainOptions, 'counterfactual'>,
): Promise<void> {
  for (const task of tasks) {
    await settle(task, async () => {
      task.tensors = await tensorsOf(task.target, counterfactual ? -1 : 1);
    });
  }
}

/** Activations and gradients of a target; for a counterfactual, the gradients keep the sign of the target. */
async function tensorsOf({ pass, gradients }: TargetRun, sign: 1 | -1): Promise<Tensors> {
  const { network, plan, values } = pass;
  const layers = resultOr(plan.layers, []);
  const known = async (planned: PlannedGradient) => (planned?.ok ? gradients(planned) : undefined);
  const plain = (tensor: FloatTensor): FloatTensor =>
    sign === 1 ? tensor : { ...tensor, data: tensor.data.map((value) => -value) };
  const atLayers = await known(plan.gradients.layers);
  const atInput = (await known(plan.gradients.plain))?.get(plan.input);
  return {
    activations: layers.map(({ name }) => network.real(values, name)),
    gradients: layers.flatMap(({ name }) => atLayers?.get(name) ?? []).map(plain),
    inputGradient: atInput && plain(atInput),
  };
}

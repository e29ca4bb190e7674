import { aimAlike, aimAt, targetsOf, type Aim } from './aim.ts';
import { checkCall, checkNumbers, checkSignal } from './checks.ts';
import { CamError } from '../errors.ts';
import type { Explanation, Failure, Report, Tensors } from '../types.ts';
import { rawMaps } from './maps.ts';
import type { Chosen } from '../methods/choice.ts';
import type { GradientPlan } from '../network/network.ts';
import { present } from './present.ts';
import type { Task } from './task.ts';
import { toFloat } from '../runtime/tensor.ts';
import { revisit, setScene, type Call, type Scene } from './scene.ts';
import { variantsOf } from './variants.ts';

/** One image, any number of methods and targets: one forward pass, and one backward pass per target. */
export async function explainTargets(call: Call): Promise<Report> {
  checkCall(call);
  checkSignal(call.options.signal);
  const scene = await setScene(call);
  checkNumbers(scene);
  const tasks: Task[] = [];
  for (const target of targetsOf(scene)) {
    const aim = await aimAt(scene, target);
    for (const chosen of scene.methods)
      tasks.push({ aim, chosen, notes: { warnings: new Set(), measures: {} }, maps: [] });
  }
  await look(scene, tasks);
  const looked = performance.now();
  const explanations: Explanation[] = [];
  const failures: Failure[] = [];
  for (const task of tasks) {
    const { aim, chosen, error } = task;
    if (error === undefined) explanations.push(present(task));
    else if (!isBeside(chosen, error)) failures.push({ method: chosen.id, target: aim.info, error });
  }
  const { ranking, prepared, blank, timings } = scene;
  const preprocessing = prepared.picture || blank ? scene.preprocessing : undefined;
  timings.heatmap = performance.now() - looked;
  return { prediction: ranking.best(BEST), explanations, failures, preprocessing, timings };
}

/** How many of the best classes a report names. */
const BEST = 5;

/** `all` asks for what the model allows. */
const isBeside = ({ optional }: Chosen, error: Error): boolean =>
  optional && error instanceof CamError && error.code === 'UNSUPPORTED_MODEL';

/** Makes the maps of all tasks, variant by variant of the image. */
async function look(scene: Scene, tasks: readonly Task[]): Promise<void> {
  const { options, timings } = scene;
  const variants = variantsOf(scene);
  for (const [i, { change, undo }] of variants.entries()) {
    const alone = variants.length === 1;
    const seen = alone ? scene : await revisit(scene, change(scene.image!));
    const aims = new Map(tasks.map(({ aim }) => [aim, aim]));
    if (!alone) for (const aim of aims.keys()) aims.set(aim, aimAlike(aim, seen));
    for (const task of tasks) {
      if (task.error) continue;
      checkSignal(options.signal);
      const started = performance.now();
      try {
        if (options.tensors) task.tensors ??= await tensorsOf(task.aim);
        task.maps.push((await rawMaps(aims.get(task.aim)!, task.chosen, task.notes)).map(undo));
      } catch (error) {
        if (error instanceof CamError && error.code === 'ABORTED') throw error;
        task.error = error as Error;
      }
      const { id } = task.chosen;
      timings[id] = (timings[id] ?? 0) + performance.now() - started;
    }
    if (!alone) options.onProgress?.({ method: 'smoothing', done: i + 1, total: variants.length });
  }
}

async function tensorsOf(aim: Aim): Promise<Tensors> {
  const { layers, values, plans, input } = aim.scene;
  const known = async (plan: GradientPlan | Error | undefined) =>
    plan === undefined || plan instanceof Error ? undefined : aim.gradients(plan);
  const atLayers = await known(plans.layers);
  const sign = aim.scene.options.counterfactual ? -1 : 1;
  const plain = (tensor: ReturnType<typeof toFloat>) =>
    sign === 1 ? tensor : { ...tensor, data: tensor.data.map((value) => -value) };
  const atInput = (await known(plans.input.plain))?.get(input);
  return {
    activations: layers.map(({ name }) => toFloat(values[name])),
    gradients: layers.flatMap(({ name }) => atLayers?.get(name) ?? []).map(plain),
    inputGradient: atInput && plain(atInput),
  };
}

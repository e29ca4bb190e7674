import type { Asker } from './aim.ts';
import { CamError } from '../errors.ts';
import type { Volume } from '../kernels/index.ts';
import type { Request, Step } from '../methods/request.ts';
import { headFeeds, inLayout } from '../network/head.ts';
import { toVolume } from '../network/layout.ts';
import type { GradientPlan } from '../network/network.ts';
import { attentionPlan } from '../network/attention.ts';
import { floatTensor, toFloat, type FloatTensor } from '../runtime/tensor.ts';
import { scoreFrom, variantFeeds } from './scene.ts';
import { classOf } from '../targets/objective.ts';
import { allClasses } from '../targets/score.ts';

/** At the input, where it holds other numbers. */
export async function inputGradient(
  asker: Asker,
  { input: data, step }: { input: Float32Array; step: Step },
): Promise<Volume> {
  const { input, inputLayout, kernels } = asker.aim.scene;
  return toVolume(await gradientFor(asker, data, input, step), inputLayout!, kernels);
}

/** At the layer, where it or the input holds other numbers. */
export const layerGradient = (
  asker: Asker,
  request: Extract<Request, { ask: 'layer-gradient' }>,
): Promise<Volume> =>
  request.of === 'layer' ? gradientBehind(asker, request) : gradientForInput(asker, request);

async function gradientForInput(asker: Asker, { data, step }: { data: Float32Array; step: Step }) {
  const { name, layout } = asker.layer!;
  return toVolume(await gradientFor(asker, data, name, step), layout, asker.aim.scene.kernels);
}

/** ∂y/∂value where the input is `data`: one pass forward, one back. */
async function gradientFor({ aim, method }: Asker, data: Float32Array, value: string, step: Step) {
  const { network, explained, options } = aim.scene;
  const plan: GradientPlan = { output: explained, wrt: [value], rectifier: 'plain' };
  const values = await network.forward(variantFeeds(aim.scene, data, 1), [
    ...network.plan(plan).saved,
    explained,
  ]);
  const gradients = await network.backward(plan, aim.score(toFloat(values[explained])).seed, values);
  options.onProgress?.({ method, done: step[0] + 1, total: step[1] });
  return gradients.get(value)!;
}

async function gradientBehind(asker: Asker, { data, step }: { data: Float32Array; step: Step }) {
  const { network, values, kernels } = asker.aim.scene;
  const { name, layout } = asker.layer!;
  const laid = inLayout(data, layout, toFloat(values[name]).data, kernels);
  const tensor = floatTensor(network.facts.dims.get(name)!, laid);
  const gradient = await headGradient(asker, name, tensor, 'frozen');
  asker.aim.scene.options.onProgress?.({ method: asker.method, done: step[0] + 1, total: step[1] });
  return toVolume(gradient, layout, kernels);
}

/** ∂y/∂value where another tensor stands in its place; `frozen` keeps kinks on the side that they are on. */
async function headGradient(
  { aim }: Asker,
  from: string,
  tensor: FloatTensor,
  rectifier: GradientPlan['rectifier'] = 'plain',
): Promise<FloatTensor> {
  const { network, explained, values } = aim.scene;
  const plan: GradientPlan = { output: explained, wrt: [from], rectifier };
  const changed = network.flow.downstream([from]);
  const taps = network.plan(plan).saved.filter((name) => name !== from && changed.has(name));
  const feeds = headFeeds(network, from, explained, tensor, values);
  const results = await network.runHead(from, explained, feeds, taps);
  const { seed } = aim.score(toFloat(results[explained]));
  const gradients = await network.backward(plan, seed, { ...values, ...feeds, ...results }, values);
  return gradients.get(from)!;
}

/** At the layer, of a class against others. */
export async function contrastGradient(
  { aim, layer }: Asker,
  request: Extract<Request, { ask: 'contrast-gradient' }>,
): Promise<Volume> {
  const { network, explained, values, output, kernels, options } = aim.scene;
  const index = classOf(aim.objective);
  if (index === undefined) {
    throw new CamError(
      'BAD_TARGET',
      'Finer-CAM compares one class with others. Use gradcam for other targets.',
    );
  }
  const { scores, seedOf } = allClasses(toFloat(values[explained]), output, scoreFrom(aim.scene));
  const seed = seedOf(request.contrast(scores, index).map((w) => (options.counterfactual ? -w : w)));
  const { name, layout } = layer!;
  const gradients = await network.backward(
    { output: explained, wrt: [name], rectifier: 'plain' },
    seed,
    values,
  );
  return toVolume(gradients.get(name)!, layout, kernels);
}

/** ∂s^l/∂A^l, where s^l is the score that the head gives to the mean of the tokens behind attention layer l. */
export async function attentionGradient(
  asker: Asker,
  { layer: l, step }: { layer: number; step: Step },
): Promise<Volume> {
  const { network, values, attention, options } = asker.aim.scene;
  if (attention === undefined || attention instanceof Error) throw attention!;
  const { layers, count } = attention;
  const last = attentionPlan(layers.at(-1)!).output;
  const plan = attentionPlan(layers[l]);
  const { dims, data } = toFloat(values[plan.output]);
  const behind = await headGradient(asker, last, floatTensor(dims, rowsAsMean(data, count)));
  const gradients = await network.backward(plan, rowsAsMean(behind.data, count), values);
  options.onProgress?.({ method: asker.method, done: step[0] + 1, total: step[1] });
  const [probabilities] = plan.wrt;
  return { data: gradients.get(probabilities)!.data, channels: layers[l].heads, height: count, width: count };
}

/** Every row of [rows, columns] replaced by the mean of them all: symmetric, so it is its own gradient. */
function rowsAsMean(data: Float32Array, rows: number): Float32Array {
  const columns = data.length / rows;
  const mean = new Float32Array(columns);
  data.forEach((value, at) => (mean[at % columns] += value / rows));
  return data.map((_, at) => mean[at % columns]);
}

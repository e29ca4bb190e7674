import type { Volume } from '../kernels/index.ts';
import type { AttentionRequest, ContrastRequest, GradientRequest } from '../methods/ask.ts';
import { attentionPlan } from '../network/attention.ts';
import { headFeeds } from '../network/head.ts';
import { inLayout, toVolume } from '../network/layout.ts';
import type { GradientPlan } from '../network/network.ts';
import { type FloatTensor, floatTensor } from '../runtime/tensor.ts';
import { allClasses } from '../targets/class.ts';
import { explainedOutput, variantFeeds } from './forward.ts';
import { layoutOfImage } from './input.ts';
import { layerOf, type MethodRun } from './method-run.ts';
import { plannedAttention } from './plan.ts';
import { requireClass, scoreFor, type TargetRun } from './target-run.ts';

/** ∂y/∂input at another input, [C, H, W]. */
export async function inputGradient(run: MethodRun, { data }: GradientRequest): Promise<Volume> {
  const { plan, input } = run.target.pass;
  return toVolume(await gradientAt(run, data, plan.input), layoutOfImage(input), run.kernels);
}

/** ∂y/∂A for another input, [C, h, w]. */
export async function layerGradient(run: MethodRun, { data }: GradientRequest): Promise<Volume> {
  const { name, layout } = layerOf(run);
  return toVolume(await gradientAt(run, data, name), layout, run.kernels);
}

/** ∂y/∂value for the input `data`: one forward and one backward pass. */
async function gradientAt(
  { target, kernels }: MethodRun,
  data: Float32Array,
  value: string,
): Promise<FloatTensor> {
  const { network, plan } = target.pass;
  const { explained } = plan;
  const gradientPlan: GradientPlan = { output: explained, wrt: [value], rectifier: 'plain' };
  const values = await network.forward(variantFeeds(target.pass, data, 1, kernels), [
    ...network.plan(gradientPlan).saved,
    explained,
  ]);
  const { seed } = target.scoreOf(explainedOutput({ network, plan, values }));
  return only(await network.backward(gradientPlan, seed, values));
}

/** ∂y/∂A at other activations, [C, h, w]; every ReLU keeps its state at A. */
export async function headGradient(run: MethodRun, { data }: GradientRequest): Promise<Volume> {
  const { target, kernels } = run;
  const { name, layout } = layerOf(run);
  const activations = target.pass.network.real(target.pass.values, name);
  const tensor = floatTensor(activations.dims, inLayout(data, layout, activations.data, kernels));
  return toVolume(await gradientAfter(target, name, tensor, 'frozen'), layout, kernels);
}

/** ∂y/∂value with the value replaced by another tensor; `frozen` keeps every kink on its side. */
export async function gradientAfter(
  { pass, scoreOf }: TargetRun,
  from: string,
  tensor: FloatTensor,
  rectifier: GradientPlan['rectifier'],
): Promise<FloatTensor> {
  const { network, plan, values } = pass;
  const gradientPlan: GradientPlan = { output: plan.explained, wrt: [from], rectifier };
  const changed = network.flow.downstream([from]);
  const taps = network.plan(gradientPlan).saved.filter((name) => name !== from && changed.has(name));
  const feeds = headFeeds(network, from, plan.explained, tensor, values);
  const results = await network.runHead(from, plan.explained, feeds, taps);
  const { seed } = scoreOf(explainedOutput({ network, plan, values: results }));
  return only(await network.backward(gradientPlan, seed, { ...values, ...feeds, ...results }, values));
}

/** The gradient at the layer of one class versus others, [C, h, w]. */
export async function contrastGradient(run: MethodRun, { contrast }: ContrastRequest): Promise<Volume> {
  const { target, kernels, options } = run;
  const { network, plan, values } = target.pass;
  const index = requireClass(target, 'Finer-CAM');
  const output = explainedOutput(target.pass);
  const { scores, seedOf } = allClasses(output, plan.output, scoreFor(plan, options.score));
  const sign = options.counterfactual ? -1 : 1;
  const seed = seedOf(contrast(scores, index).map((weight) => sign * weight));
  const { name, layout } = layerOf(run);
  const gradientPlan: GradientPlan = { output: plan.explained, wrt: [name], rectifier: 'plain' };
  return toVolume(only(await network.backward(gradientPlan, seed, values)), layout, kernels);
}

/** ∂s^l/∂A^l, where s^l is the head's score for the mean of the tokens after attention layer l. */
export async function attentionGradient({ target }: MethodRun, request: AttentionRequest): Promise<Volume> {
  const { network, plan, values } = target.pass;
  const { layers, count } = plannedAttention(plan);
  const last = attentionPlan(layers.at(-1)!).output;
  const block = attentionPlan(layers[request.layer]);
  const { dims, data } = network.real(values, block.output);
  const head = await gradientAfter(target, last, floatTensor(dims, meanOfRows(data, count)), 'plain');
  const gradients = await network.backward(block, meanOfRows(head.data, count), values);
  const { heads } = layers[request.layer];
  return { data: only(gradients).data, channels: heads, height: count, width: count };
}

/** The gradient of a plan with a single value. */
const only = (gradients: ReadonlyMap<string, FloatTensor>): FloatTensor => [...gradients.values()][0];

/**
 * Replaces every row of [rows, columns] with the mean of all rows. The operation is symmetric, so it is its own
 * gradient.
 */
function meanOfRows(data: Float32Array, rows: number): Float32Array {
  const columns = data.length / rows;
  const mean = new Float32Array(columns);
  data.forEach((value, at) => (mean[at % columns] += value / rows));
  return data.map((_, at) => mean[at % columns]);
}

import type { Aim } from './aim.ts';
import { CamError } from '../errors.ts';
import type { Volume } from '../kernels/index.ts';
import type { Reply, Request, ScoresRequest, Step } from '../methods/request.ts';
import { headFeeds, inLayout } from '../network/head.ts';
import { repeated } from '../network/inputs.ts';
import type { Layer } from '../network/layers.ts';
import { toVolume } from '../network/layout.ts';
import type { GradientPlan, Values } from '../network/network.ts';
import { attentionPlan } from '../network/tokens.ts';
import { floatTensor, fromFloat, toFloat, type FloatTensor } from '../runtime/tensor.ts';
import { scoreFrom, type Scene } from './scene.ts';
import { classOf } from '../targets/objective.ts';
import { allClasses } from '../targets/score.ts';

/** Who asks: a method on behalf of one target, at one layer if it has one. */
interface Asker {
  readonly aim: Aim;
  readonly method: string;
  readonly layer: Layer | undefined;
}

type Answer<Ask extends Request['ask']> = (
  asker: Asker,
  request: Extract<Request, { ask: Ask }>,
) => Promise<Reply>;

/** How each request is answered. */
const ANSWERS: { readonly [Ask in Request['ask']]: Answer<Ask> } = {
  scores,
  'input-gradient': inputGradient,
  'layer-gradient': (asker, request) =>
    request.of === 'layer' ? gradientBehind(asker, request) : gradientForInput(asker, request),
  'contrast-gradient': contrastGradient,
  'attention-gradient': attentionGradient,
};

/** Answers what a method asks of the network: the only place where that costs runs. */
export function answering(
  aim: Aim,
  method: string,
  layer: Layer | undefined,
): (request: Request) => Promise<Reply> {
  return (request) => {
    checkSignal(aim.scene.options.signal);
    const answer = ANSWERS[request.ask] as (asker: Asker, request: Request) => Promise<Reply>;
    return answer({ aim, method, layer }, request);
  };
}

/** @throws CamError ABORTED when the caller's signal says so. */
export function checkSignal(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new CamError('ABORTED', 'Stopped on request.', { cause: signal.reason });
}

const USUAL_BATCH = 16;

async function scores({ aim, method, layer }: Asker, { of, count, make, score }: ScoresRequest) {
  const { scene } = aim;
  const { options, network, explained } = scene;
  const run = of === 'input' ? forInputs : behind(layer!);
  const found = new Float32Array(count);
  const [declared] = of === 'input' ? (scene.imageInput.dims ?? []) : [];
  let batch = typeof declared === 'number' ? declared : (options.batchSize ?? USUAL_BATCH);
  const apart = () =>
    network.once(['batches', of, layer?.name, explained], () => keepsApart(scene, run, make(0, 1)));
  if (batch > 1 && count > 1 && !(await apart())) batch = 1;
  for (let from = 0; from < count;) {
    checkSignal(options.signal);
    const to = Math.min(count, from + batch);
    const output = await outputOf(scene, run, make(from, to), to - from);
    if (output === undefined) {
      if (batch === 1)
        throw new CamError('RUNTIME', `The model gave no output "${explained}" for a changed input.`);
      batch = 1; // so many at once are too many
      continue;
    }
    const size = output.data.length / (to - from);
    for (let i = 0; i < to - from; i++) {
      const one = output.data.subarray(i * size, (i + 1) * size);
      found[from + i] = aim.score(floatTensor(network.facts.dims.get(explained)!, one), score).score;
    }
    from = to;
    options.onProgress?.({ method, done: to, total: count });
  }
  return found;
}

type Run = (scene: Scene, data: Float32Array, count: number) => Promise<Values>;

const forInputs: Run = (scene, data, count) =>
  scene.network.forward(feed(scene, data, count), [scene.explained]);

const behind =
  ({ name, layout }: Layer): Run =>
  (scene, data, count) => {
    const { network, explained, values, kernels } = scene;
    const laid = inLayout(data, layout, toFloat(values[name]).data, kernels);
    const tensor = floatTensor([count, ...network.facts.dims.get(name)!.slice(1)], laid);
    return network.runHead(name, explained, headFeeds(network, name, explained, tensor, values));
  };

/** Largest difference between a variant's output alone and beside another one, of its largest magnitude. */
const ALIKE = 1e-3;

/**
 * Does a variant give the same beside another one as alone? Graphs that were exported for one image count positions
 * where several images have theirs ([1, n·boxes, C]), attend to the tokens of all, or scale what is quantised by all.
 */
async function keepsApart(scene: Scene, run: Run, one: Float32Array): Promise<boolean> {
  const both = new Float32Array(2 * one.length);
  both.set(one);
  both.set(
    one.map((value) => 0.5 * value + 0.1),
    one.length,
  );
  const alone = await outputOf(scene, run, one, 1);
  const beside = await outputOf(scene, run, both, 2);
  if (!alone || !beside) return false;
  let [off, size] = [0, 0];
  alone.data.forEach((value, i) => {
    off = Math.max(off, Math.abs(value - beside.data[i]));
    size = Math.max(size, Math.abs(value));
  });
  return off <= ALIKE * size;
}

/**
 * The explained output of several variants at once, one after the other; undefined when the graph cannot take so many,
 * or lays them out another way.
 */
async function outputOf(
  scene: Scene,
  run: Run,
  data: Float32Array,
  count: number,
): Promise<FloatTensor | undefined> {
  const { network, explained } = scene;
  try {
    const output = toFloat((await run(scene, data, count))[explained]);
    const dims = network.facts.dims.get(explained)!;
    const [, ...one] = dims[0] === 1 ? dims : [1, ...dims];
    return `${output.dims}` === `${count === 1 ? dims : [count, ...one]}` ? output : undefined;
  } catch (error) {
    if (count > 1 && error instanceof CamError && error.code === 'RUNTIME') return undefined;
    throw error;
  }
}

async function inputGradient(asker: Asker, { input: data, step }: { input: Float32Array; step: Step }) {
  const { input, inputLayout, kernels } = asker.aim.scene;
  return toVolume(await gradientFor(asker, data, input, step), inputLayout!, kernels);
}

async function gradientForInput(asker: Asker, { data, step }: { data: Float32Array; step: Step }) {
  const { name, layout } = asker.layer!;
  return toVolume(await gradientFor(asker, data, name, step), layout, asker.aim.scene.kernels);
}

/** ∂y/∂value where the input is `data`: one pass forward, one back. */
async function gradientFor({ aim, method }: Asker, data: Float32Array, value: string, step: Step) {
  const { network, explained, options } = aim.scene;
  const plan: GradientPlan = { output: explained, wrt: [value], rectifier: 'plain' };
  const values = await network.forward(feed(aim.scene, data, 1), [...network.plan(plan).saved, explained]);
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

async function contrastGradient(
  { aim, layer }: Asker,
  request: Extract<Request, { ask: 'contrast-gradient' }>,
) {
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
async function attentionGradient(
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

/** Inputs [n, C, H, W], in the layout and type that the model takes. */
function feed(scene: Scene, data: Float32Array, count: number): Values {
  const { network, input, inputLayout, kernels, prepared, further } = scene;
  const original = prepared.tensor.data;
  const laid = inputLayout ? inLayout(data, inputLayout, original, kernels) : data;
  const dims = [count, ...prepared.tensor.dims.slice(1)];
  return {
    ...repeated(further, network.model.graph.inputs, count),
    [input]: fromFloat(floatTensor(dims, laid), network.facts.types.get(input)!),
  };
}

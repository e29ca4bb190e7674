import { CamError } from './errors.ts';
import type { Prepared } from './explainer.ts';
import type { ClassScore, ExplainOptions } from './explanation.ts';
import type { Preprocessing } from './image/preprocess.ts';
import type { Kernels, Volume } from './kernels/index.ts';
import { findMethod, METHODS } from './methods/index.ts';
import type { Method, Need } from './methods/method.ts';
import { planGradients, type GradientPlans } from './network/gradients.ts';
import { automaticLayer, findLayer, layersOf, type Layer } from './network/layers.ts';
import { toVolume, type Layout } from './network/layout.ts';
import type { GradientPlan, Network, Values } from './network/network.ts';
import { classOutput, type ClassOutput } from './network/output.ts';
import { fromFloat, toFloat, type FloatTensor } from './runtime/tensor.ts';
import { elementsOf, softmax } from './targets/score.ts';

/** What a call to `explainAll` brings together. */
export interface Call {
  readonly network: Network;
  readonly prepared: Prepared;
  readonly options: ExplainOptions;
  readonly kernels: Kernels;
  readonly labels: readonly string[];
  /** No image was given: only methods that make one can run. */
  readonly blank: boolean;
  readonly preprocessing: Preprocessing | undefined;
  readonly timings: Record<string, number>;
}

/** One image after its forward pass, and the ways back that were planned for it. */
export interface Scene extends Call {
  readonly methods: readonly (readonly [id: string, method: Method])[];
  readonly layers: readonly Layer[];
  readonly plans: GradientPlans;
  readonly output: ClassOutput;
  /** Name of the model's input, its layout, and the image in it, channel first. */
  readonly input: string;
  readonly inputLayout: Layout | undefined;
  readonly image: Volume | undefined;
  /** The value that is differentiated: logits or probabilities. */
  readonly explained: string;
  readonly values: Values;
  readonly prediction: readonly ClassScore[];
}

const INPUT_NEEDS: Partial<Record<Need, GradientPlan['rectifier']>> = {
  'input-gradient': 'plain',
  guided: 'guided',
  deconvnet: 'deconvnet',
};

/** Plans everything that the methods asked for need, and runs the model forward once. */
export async function setScene(call: Call): Promise<Scene> {
  const { network, prepared, options, kernels, labels } = call;
  const methods = [...new Map([options.method ?? 'gradcam'].flat().map(findMethod))];
  const [{ name: input }] = network.model.graph.inputs;
  const inputLayout = layoutOfInput(prepared.tensor.dims);
  const output = classOutput(network.model, network.facts, network.flow, inputLayout?.kind === 'nhwc');
  const explained = options.score === 'probability' ? (output.probabilities ?? output.logits) : output.logits;
  const needs = new Set(methods.flatMap(([, method]) => method.needs));
  const atLayers = options.tensors === true || needs.has('activations');
  const layers = atLayers ? layersFor(network, input, explained, options.layer) : [];
  const rectifiers = new Set([...needs].flatMap((need) => INPUT_NEEDS[need] ?? []));
  const wanted = needs.has('gradients') || options.tensors ? layers.map(({ name }) => name) : [];
  const plans = planGradients(network, { output: explained, input, layers: wanted, rectifiers });
  const feeds = { [input]: fromFloat(prepared.tensor, network.facts.types.get(input)!) };
  const started = performance.now();
  const taps = new Set([output.logits, explained, ...layers.map(({ name }) => name)]);
  for (const plan of [plans.layers, ...Object.values(plans.input)]) {
    if (plan && !(plan instanceof Error)) network.plan(plan).saved.forEach((name) => taps.add(name));
  }
  await network.tap(taps);
  const tapped = performance.now();
  const values = await network.forward(feeds, taps);
  call.timings.session = tapped - started;
  call.timings.forward = performance.now() - tapped;
  return {
    ...call,
    methods,
    layers,
    plans,
    output,
    input,
    inputLayout,
    image: inputLayout && toVolume(prepared.tensor, inputLayout, kernels),
    explained,
    values,
    prediction: predict(toFloat(values[output.logits]), output, labels, Math.max(BEST, options.top ?? 0)),
  };
}

function layersFor(network: Network, input: string, output: string, wish: ExplainOptions['layer']): Layer[] {
  const layers = layersOf(network, input, output);
  return wish === undefined
    ? [automaticLayer(layers)]
    : [...new Set([wish].flat())].map((name) => findLayer(network, layers, name));
}

function layoutOfInput(dims: readonly number[]): Layout | undefined {
  if (dims.length !== 4) return undefined;
  const last = (dims[3] === 1 || dims[3] === 3) && dims[1] !== 1 && dims[1] !== 3;
  const [channels, height, width] = last ? [dims[3], dims[1], dims[2]] : dims.slice(1);
  return { kind: last ? 'nhwc' : 'nchw', channels, height, width, prefix: 0 };
}

/** How many of the best classes a report names, at least. */
const BEST = 5;

/** Best classes first. Of a dense output a class's probability is the share of positions that it wins. */
function predict(
  { data }: FloatTensor,
  output: ClassOutput,
  labels: readonly string[],
  best: number,
): ClassScore[] {
  const columns = Array.from({ length: output.classes }, (_, index) =>
    elementsOf(index, output).map((at) => data[at]),
  );
  const logits = columns.map((column) => column.reduce((a, b) => a + b, 0));
  const probability = output.positions === 1 ? softmax(logits) : shares(columns);
  return probability
    .map((p, index) => ({
      index,
      label: labels[index] ?? String(index),
      probability: p,
      logit: logits[index],
    }))
    .sort((a, b) => b.probability - a.probability || b.logit - a.logit)
    .slice(0, best);
}

function shares(columns: readonly (readonly number[])[]): number[] {
  const wins = columns.map(() => 0);
  columns[0].forEach((_, position) => {
    let best = 0;
    columns.forEach((column, index) => {
      if (column[position] > columns[best][position]) best = index;
    });
    wins[best] += 1 / columns[0].length;
  });
  return wins;
}

/** The methods of a call must suit what it gives. @throws CamError BAD_OPTION. */
export function checkCall({ options, blank }: Call): void {
  for (const [id, method] of [options.method ?? 'gradcam'].flat().map(findMethod)) {
    const makes = method.level === 'input' && method.shows === 'image';
    if (blank && !makes)
      throw new CamError('BAD_OPTION', `${METHODS[id].title} explains an image: give it one.`);
    if (makes && options.target === undefined && options.top === undefined) {
      throw new CamError('BAD_OPTION', `${method.title} makes a picture of a class: say which (-c, target).`);
    }
  }
}

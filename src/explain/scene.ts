import { CamError } from '../errors.ts';
import type { ExplainOptions } from '../explanation.ts';
import type { Picture } from '../image/picture.ts';
import type { Placement } from '../image/placement.ts';
import type { Preprocessing } from '../image/preprocess.ts';
import type { FileSource, ImageInput } from '../image/source.ts';
import type { Kernels, Volume } from '../kernels/index.ts';
import { BASELINES } from '../methods/baseline.ts';
import { findMethods, type Chosen } from '../methods/choice.ts';
import { COMPATS, FUSE, type Need, type Rectifier } from '../methods/method.ts';
import { automaticLayer } from '../network/automatic.ts';
import { biasTerms, type BiasTerm } from '../network/biases.ts';
import { planGradients, type GradientPlans } from '../network/gradients.ts';
import { inLayout } from '../network/head.ts';
import type { TokenGrid } from '../network/axes.ts';
import { findLayer, layersOf, type Layer } from '../network/layers.ts';
import { layoutOfInput, toVolume, type Layout } from '../network/layout.ts';
import type { GradientPlan, Network, Values } from '../network/network.ts';
import { classOutput, outputNamed, type ClassOutput } from '../network/output.ts';
import { attentionOf, attentionPlan, type Attention } from '../network/tokens.ts';
import type { ValueInfo } from '../onnx/model.ts';
import { fromFloat, toFloat, type FloatTensor } from '../runtime/tensor.ts';
import { rank, type Ranking } from '../targets/classes.ts';
import { targetOf } from '../targets/objective.ts';
import type { Score, Target } from '../targets/target.ts';
import { outputsOf } from '../targets/text.ts';

/** An image on its way: the tensor that the model takes, and where the picture lies in it. */
export interface Prepared {
  readonly tensor: FloatTensor;
  readonly placement: Placement;
  /** Undefined for tensors: there is no picture to lay a heatmap over. */
  readonly picture: Picture | undefined;
}

/** What a call to `explainAll` brings together. */
export interface Call {
  readonly network: Network;
  readonly prepared: Prepared;
  readonly options: ExplainOptions;
  readonly kernels: Kernels;
  readonly labels: readonly string[];
  /** The input that takes the image, and what goes into the others. */
  readonly imageInput: ValueInfo;
  readonly further: Values;
  /** Reads the other images that targets speak of: as pictures, and as the model takes them. */
  readonly pictureOf: (source: FileSource | ImageInput) => Promise<Picture>;
  readonly tensorOf: (source: FileSource | ImageInput) => Promise<FloatTensor>;
  /** No image was given: only methods that make one can run. */
  readonly blank: boolean;
  readonly preprocessing: Preprocessing | undefined;
  readonly timings: Record<string, number>;
}

/** One image after its forward pass, and the ways back that were planned for it. */
export interface Scene extends Call {
  readonly methods: readonly Chosen[];
  /** The layers that the caller asks for, and the last of each resolution for methods that take those by themselves. */
  readonly layers: readonly Layer[];
  /** Why there is none to choose by itself: what looks at none can still be explained. */
  readonly layerless: Error | undefined;
  readonly stages: readonly Layer[];
  readonly plans: GradientPlans;
  readonly biases: readonly BiasTerm[] | Error;
  /** Undefined where no method asks; an error where there is none. */
  readonly attention: Attention | Error | undefined;
  readonly output: ClassOutput;
  /** Name of the model's input, its layout, and the image in it, channel first. */
  readonly input: string;
  readonly inputLayout: Layout | undefined;
  readonly image: Volume | undefined;
  /** The value that is differentiated: logits or probabilities. */
  readonly explained: string;
  /** Values of the forward pass that are looked at. */
  readonly taps: ReadonlySet<string>;
  readonly values: Values;
  readonly ranking: Ranking;
  /** What the caller asks for; empty for the best class. */
  readonly wishes: readonly Target[];
}

const INPUT_NEEDS: Partial<Record<Need, Rectifier>> = {
  'input-gradient': 'plain',
  guided: 'guided',
  deconvnet: 'deconvnet',
};

/** Plans everything that the methods asked for need, and runs the model forward once. */
export async function setScene(call: Call): Promise<Scene> {
  const { network, prepared, options, kernels, labels } = call;
  const methods = findMethods(options);
  const { name: input } = call.imageInput;
  const inputLayout = layoutOfInput(prepared.tensor.dims);
  const wishes = [options.target ?? []].flat().map((said) => targetOf(said, labels));
  const name = outputFor(network, options.output, wishes);
  const output = network.once(['output', input, name], () => classOutput(network, input, name));
  const explained = options.score === 'probability' ? (output.probabilities ?? output.logits) : output.logits;
  const looks = lookAt({ network, input, explained, options, methods });
  checkNumbers(prepared);
  const feeds = feedsFor(call, prepared.tensor);
  const started = performance.now();
  const taps: ReadonlySet<string> = new Set([output.logits, explained, ...tapsOf(network, explained, looks)]);
  await network.tap(taps);
  const tapped = performance.now();
  const values = await network.forward(feeds, taps);
  call.timings.session = tapped - started;
  call.timings.forward = performance.now() - tapped;
  return {
    ...call,
    ...looks,
    methods,
    output,
    input,
    inputLayout,
    image: inputLayout && toVolume(prepared.tensor, inputLayout, kernels),
    explained,
    taps,
    values,
    ranking: rank(toFloat(values[output.logits]), output, labels),
    wishes,
  };
}

/** A picture's values are numbers; a tensor's may be anything, and one NaN becomes many. @throws CamError BAD_TENSOR. */
function checkNumbers({ picture, tensor }: Prepared): void {
  const at = picture ? -1 : tensor.data.findIndex((value) => !Number.isFinite(value));
  if (at < 0) return;
  throw new CamError(
    'BAD_TENSOR',
    `The tensor holds ${tensor.data[at]} at element ${at}, and nothing can be explained by that. Replace what is no number.`,
  );
}

/** The same scene with another input [C, H, W]. */
export async function revisit(scene: Scene, data: Float32Array): Promise<Scene> {
  const { network, prepared, inputLayout, image, kernels, taps } = scene;
  const laid = inLayout(data, inputLayout!, prepared.tensor.data, kernels);
  const tensor = { ...prepared.tensor, data: laid };
  const values = await network.forward(feedsFor(scene, tensor), taps);
  return { ...scene, prepared: { ...prepared, tensor }, image: { ...image!, data }, values };
}

interface Look {
  readonly network: Network;
  readonly input: string;
  readonly explained: string;
  readonly options: ExplainOptions;
  readonly methods: readonly Chosen[];
}

type Looks = Pick<Scene, 'layers' | 'layerless' | 'stages' | 'plans' | 'biases' | 'attention'> & {
  readonly heads: boolean;
};

/** Where the methods look: layers, biases, attention, and the ways back to them. */
function lookAt({ network, input, explained, options, methods }: Look): Looks {
  const needs = new Set(methods.flatMap((chosen) => chosen.needs));
  const atLayers = options.tensors === true || needs.has('activations');
  const all = atLayers || needs.has('attention') ? candidates(network, input, explained, options.tokens) : [];
  const staged =
    options.layer === undefined && methods.some(({ method }) => method.level === 'layer' && method.stages);
  const chosen = atLayers ? layersFor(network, all, [input, explained], options) : [];
  const [layers, layerless] = chosen instanceof Error ? [[], chosen] : [chosen, undefined];
  const stages = staged && layers.length > 0 ? stagesOf(all, layers) : [];
  const biases = needs.has('biases') ? errorOr(() => biasTerms(network, input, explained)) : [];
  const backward = needs.has('gradients') || needs.has('backward') || options.tensors === true;
  const plans = planGradients(network, {
    output: explained,
    input,
    layers: backward ? [...layers, ...stages].map((layer) => layer.name) : [],
    inner: biases instanceof Error ? [] : biases.map(({ value }) => value),
    rectifiers: new Set([...needs].flatMap((need) => INPUT_NEEDS[need] ?? [])),
  });
  const attention = needs.has('attention')
    ? errorOr(() => attentionOf(network, all, input, explained))
    : undefined;
  return { layers, layerless, stages, plans, biases, attention, heads: needs.has('head') };
}

const errorOr = <Result>(work: () => Result): Result | Error => {
  try {
    return work();
  } catch (error) {
    return error as Error;
  }
};

/** Values of the forward pass that will be looked at. */
function tapsOf(network: Network, explained: string, looks: Looks): string[] {
  const { layers, stages, plans, attention, heads } = looks;
  const saved = [plans.layers, plans.inner, ...Object.values(plans.input)].flatMap((plan) =>
    plan && !(plan instanceof Error) ? network.plan(plan).saved : [],
  );
  const behind = heads ? layers.flatMap(({ name }) => headTaps(network, name, explained)) : [];
  const attended =
    attention && !(attention instanceof Error) ? attentionTaps(network, explained, attention) : [];
  return [...[...layers, ...stages].map(({ name }) => name), ...saved, ...behind, ...attended];
}

/** What the part of the model behind a value takes, and what its gradient takes of what lies before it. */
function headTaps(network: Network, from: string, explained: string): string[] {
  const plan: GradientPlan = { output: explained, wrt: [from], rectifier: 'plain' };
  const saved = errorOr(() => network.plan(plan).saved);
  return [...network.head(from, explained).inputs, ...(saved instanceof Error ? [] : saved)];
}

function attentionTaps(network: Network, explained: string, { layers }: Attention): string[] {
  const plans = errorOr(() => layers.map(attentionPlan));
  const own = layers.map(({ probabilities }) => probabilities);
  if (plans instanceof Error) return own;
  const saved = errorOr(() => plans.flatMap((plan) => [plan.output, ...network.plan(plan).saved]));
  return saved instanceof Error
    ? own
    : [...own, ...saved, ...headTaps(network, plans.at(-1)!.output, explained)];
}

/** What the model is run on for an image. */
export function feedsFor({ network, imageInput, further }: Call, tensor: FloatTensor): Values {
  const { name } = imageInput;
  return { ...further, [name]: fromFloat(tensor, network.facts.types.get(name)!) };
}

/** What is still to be done to the explained value for a score: it may be the probabilities that the model itself gives. */
export const scoreFrom = ({ options, explained, output }: Scene, which?: Score): Score =>
  explained === output.probabilities ? 'logit' : (which ?? options.score ?? 'logit');

/** The one output that a call explains. @throws CamError BAD_TARGET where its targets name several. */
function outputFor({ model, facts }: Network, chosen: string | undefined, wishes: readonly Target[]): string {
  const named = [...(chosen === undefined ? [] : [chosen]), ...wishes.flatMap(outputsOf)];
  const [output = outputNamed(model, facts), ...more] = new Set(
    named.map((name) => outputNamed(model, facts, name)),
  );
  if (more.length === 0) return output;
  throw new CamError(
    'BAD_TARGET',
    `One call explains one output, and this names "${output}" and "${more.join('", "')}". Explain them in calls of their own.`,
  );
}

const candidates = (network: Network, input: string, output: string, tokens?: TokenGrid): Layer[] =>
  network.once(['layers', input, output, tokens], () => layersOf(network, input, output, tokens));

/** @throws CamError UNKNOWN_LAYER for a name that is none; where there is none to choose, that is what it gives. */
function layersFor(
  network: Network,
  layers: readonly Layer[],
  [input, output]: readonly [string, string],
  { layer: wish, tokens }: ExplainOptions,
): Layer[] | Error {
  if (wish !== undefined) return [...new Set([wish].flat())].map((name) => findLayer(network, layers, name));
  return network.once(['automatic layer', input, output, tokens], () =>
    errorOr(() => [automaticLayer(network, layers, input, output).layer]),
  );
}

/** How many resolutions are looked at together. */
const STAGES = 3;

/** The last layer of each resolution up to the one chosen: the deepest few. */
function stagesOf(layers: readonly Layer[], [chosen]: readonly Layer[]): Layer[] {
  const before = layers.slice(
    0,
    layers.findIndex(({ name }) => name === chosen.name),
  );
  const last = new Map(before.map((layer) => [`${layer.layout.height}x${layer.layout.width}`, layer]));
  last.delete(`${chosen.layout.height}x${chosen.layout.width}`);
  return [...last.values(), chosen].slice(-STAGES);
}

/** The methods of a call must suit what it gives, and its options make sense. @throws CamError BAD_OPTION. */
export function checkCall({ options, blank }: Call): void {
  for (const name of ['samples', 'channels', 'concepts', 'batchSize', 'top'] as const) {
    const value = options[name];
    if (value !== undefined && !(Number.isInteger(value) && value > 0))
      throw new CamError('BAD_OPTION', `${name} is ${value}: a whole number above 0 is needed.`);
  }
  for (const [name, known] of [
    ['fuse', FUSE],
    ['baseline', BASELINES],
    ['compat', COMPATS],
  ] as const) {
    const value = options[name];
    if (value !== undefined && !known.some((word) => word === value))
      throw new CamError('BAD_OPTION', `${name} is "${value}": choose ${known.join(', ')}.`);
  }
  for (const { method } of findMethods(options)) {
    const makes = method.level === 'input' && method.shows === 'image';
    if (blank && !makes) throw new CamError('BAD_OPTION', `${method.title} explains an image: give it one.`);
    if (makes && options.target === undefined && options.top === undefined) {
      throw new CamError('BAD_OPTION', `${method.title} makes a picture of a class: say which (-c, target).`);
    }
  }
}

import { CamError } from '../errors.ts';
import type { ExplainOptions } from '../types.ts';
import type { Picture } from '../image/picture.ts';
import type { Placement } from '../image/placement.ts';
import type { Preprocessing } from '../image/preprocess.ts';
import type { FileSource, ImageInput } from '../image/source.ts';
import type { Kernels, Volume } from '../kernels/index.ts';
import { lookAt, tapsOf, type Looks } from './looks.ts';
import { findMethods, type Chosen } from '../methods/choice.ts';
import { inLayout } from '../network/head.ts';
import { layoutOfInput, toVolume, type Layout } from '../network/layout.ts';
import { repeated } from '../network/inputs.ts';
import type { Network, Values } from '../network/network.ts';
import { classOutput, outputNamed, type ClassOutput } from '../network/output.ts';
import type { ValueInfo } from '../onnx/model.ts';
import { floatTensor, fromFloat, toFloat, type FloatTensor } from '../runtime/tensor.ts';
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

/** One image after its forward pass, and where methods look at it. */
export interface Scene extends Call, Looks {
  readonly methods: readonly Chosen[];
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

/** The same scene with another input [C, H, W]. */
export async function revisit(scene: Scene, data: Float32Array): Promise<Scene> {
  const { network, prepared, inputLayout, image, kernels, taps } = scene;
  const laid = inLayout(data, inputLayout!, prepared.tensor.data, kernels);
  const tensor = { ...prepared.tensor, data: laid };
  const values = await network.forward(feedsFor(scene, tensor), taps);
  return { ...scene, prepared: { ...prepared, tensor }, image: { ...image!, data }, values };
}

/** What the model is run on for an image. */
export function feedsFor({ network, imageInput, further }: Call, tensor: FloatTensor): Values {
  const { name } = imageInput;
  return { ...further, [name]: fromFloat(tensor, network.facts.types.get(name)!) };
}

/** What it is run on for `count` variants of the image, `data` [count, C, H, W]. */
export function variantFeeds(scene: Scene, data: Float32Array, count: number): Values {
  const { network, input, inputLayout, kernels, prepared, further } = scene;
  const original = prepared.tensor.data;
  const laid = inputLayout ? inLayout(data, inputLayout, original, kernels) : data;
  const dims = [count, ...prepared.tensor.dims.slice(1)];
  return {
    ...repeated(further, network.model.graph.inputs, count),
    [input]: fromFloat(floatTensor(dims, laid), network.facts.types.get(input)!),
  };
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

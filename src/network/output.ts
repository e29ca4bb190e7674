import { badOption, didYouMean } from '../errors.ts';
import { isFloat } from '../onnx/data-type.ts';
import type { Flow } from '../onnx/flow.ts';
import type { Facts, GraphNode, Model } from '../onnx/model.ts';
import { OPERATORS } from '../operators/index.ts';
import type { Link } from '../operators/operator.ts';
import { sizeOf } from '../runtime/tensor.ts';
import type { Detector } from './detectors/detector.ts';
import { isUndecodedLevel } from './detectors/levels.ts';
import { detectorAt } from './detectors/recognize.ts';
import type { Network } from './network.ts';
import { axesFor } from './output-axes.ts';
import { kindOfOutput, type OutputActivation, type OutputKind } from './output-kind.ts';

export type { Link } from '../operators/operator.ts';

/** Location of the classes in a model's output. */
export interface ClassOutput {
  /** Name and dimensions of the model's output. */
  readonly name: string;
  readonly shape: readonly number[];
  /** The value before a trailing Softmax or Sigmoid: the logits, if the model has them. */
  readonly logits: string;
  /** The value after the Softmax or Sigmoid, if the model ends in one. */
  readonly probabilities: string | undefined;
  readonly kind: OutputKind;
  /** The function that computes the probabilities, if the model ends in one. */
  readonly link: Link | undefined;
  /**
   * How logits become probabilities: the model's final function, or the usual one in training. `identity` if the values
   * are probabilities already.
   */
  readonly activation: OutputActivation | 'identity';
  readonly dims: readonly number[];
  /** The class axis. */
  readonly axis: number;
  /** Number of classes: the size of the class axis, but 2 for one logit with two labels. */
  readonly classes: number;
  /** Positions per class: 1 for a classifier, pixels for a dense output. */
  readonly positions: number;
  /** Where the candidates of a detector are; undefined for other outputs and unknown layouts. */
  readonly detector: Detector | undefined;
  /** Why it has no scores. Methods that need none still work. */
  readonly problem: string | undefined;
}

/** Size of the class axis. */
export const channelCount = ({ dims, axis }: Pick<ClassOutput, 'dims' | 'axis'>): number => dims[axis] ?? 1;

/** The channel with the logit of a class, and its sign: one logit y of two classes is y for the second, −y for the first. */
export const logitOf = (
  output: Pick<ClassOutput, 'dims' | 'axis' | 'classes'>,
  index: number,
): { readonly channel: number; readonly sign: 1 | -1 } =>
  output.classes === channelCount(output)
    ? { channel: index, sign: 1 }
    : { channel: 0, sign: index === 1 ? 1 : -1 };

/**
 * The named output, by default the first float output.
 * @throws {CamError} BAD_OPTION when the model has no output of that name.
 */
export function outputNamed({ graph }: Model, facts: Facts, name?: string): string {
  const names = graph.outputs.map((output) => output.name);
  if (name === undefined) return names.find((output) => isFloat(facts.types.get(output))) ?? names[0];
  if (names.includes(name)) return name;
  throw badOption(
    'output',
    `The model has no output "${name}".${didYouMean(name, names)} Outputs: ${names.join(', ')}.`,
  );
}

/** Whether the node only reshapes or clamps its input. */
function passesOn({ op }: GraphNode): boolean {
  const { passes, bounds = false } = OPERATORS.get(op) ?? {};
  return passes === 'value' || passes === 'shape' || bounds;
}

/**
 * Recognizes the end of a model from the node that computes the probabilities; Softmax may be decomposed, exp(y − max
 * y) / Σ exp.
 */
function endOf(flow: Flow, { op, inputs }: GraphNode): { link: Link; logits: string } | undefined {
  const link = OPERATORS.get(op)?.link;
  if (link) return { link, logits: inputs[0] };
  const [powers, sum] = inputs.map((name) => flow.producer(name));
  const spelledOut =
    op === 'Div' && powers?.op === 'Exp' && sum?.op === 'ReduceSum' && sum.inputs[0] === inputs[0];
  if (!spelledOut) return undefined;
  const shifted = flow.producer(powers.inputs[0]);
  const top = shifted?.op === 'Sub' ? flow.producer(shifted.inputs[1]) : undefined;
  const isShift = top?.op === 'ReduceMax' && top.inputs[0] === shifted!.inputs[0];
  return { link: 'softmax', logits: isShift ? top.inputs[0] : powers.inputs[0] };
}

/** What the caller knows about an output. */
export interface OutputRequest {
  readonly kind?: OutputKind;
  readonly activation?: OutputActivation;
  /** Number of labels. Default 0. */
  readonly labels?: number;
}

/**
 * Finds the scores in a model's output, before a trailing Softmax, LogSoftmax or Sigmoid: the gradient of a probability
 * mixes all classes (Simonyan et al. 2014, arXiv:1312.6034, sec. 3) and vanishes when the model is confident. Rounding at
 * the end of a quantized model is skipped, too. An output that picks classes (ArgMax) stands for the scores it picks from.
 */
export function classOutput(
  network: Network,
  input: string,
  output: string,
  { kind, activation, labels = 0 }: OutputRequest = {},
): ClassOutput {
  const { facts, flow } = network;
  const dimsOf = (value: string) => facts.dims.get(value) ?? [];
  const task = network.model.metadata.get('task') ?? '';
  if (kind === undefined || kind === 'detections') {
    const certain = kind !== undefined || DETECTING.has(task);
    const detector = detectorAt(network, input, output, { labels, certain, rotated: task === 'obb' });
    if (detector) return detectorOutput(network, detector, labels);
    if (kind !== undefined)
      throw badOption('outputKind', unknownLayout({ name: output, shape: dimsOf(output) }));
  }
  const picked = isFloat(facts.types.get(output)) ? undefined : pickedFrom(flow, output);
  const scores = unrounded(flow, picked ?? output);
  const { value, node, end: found } = scoresBefore(network, scores);
  const whole = axesFor(network, input, found?.logits ?? scores);
  // A dense Sigmoid over several channels covers the boxes of a detector, too, and is explained directly.
  const direct = found?.link === 'sigmoid' && whole.positions > 1 && whole.channels > 1;
  const end = direct ? undefined : found;
  const logits = end?.logits ?? scores;
  const axes = direct ? axesFor(network, input, scores) : whole;
  const resized = resizedProbabilities(flow, value);
  const link = found?.link ?? resized;
  const is =
    kind ??
    KIND_OF_TASK.get(task) ??
    (isUndecodedLevel(network, input, output) ? 'detections' : undefined) ??
    kindOfOutput({
      flow,
      varying: network.varying,
      picked: picked !== undefined,
      name: output,
      logits,
      link,
      labels,
      ...axes,
    });
  const usual = is === 'values' ? 'none' : axes.channels === 1 ? 'sigmoid' : 'softmax';
  return {
    name: output,
    shape: dimsOf(scores),
    logits,
    probabilities: end && node && !OPERATORS.get(node.op)?.logarithm ? node.outputs[0] : undefined,
    kind: is,
    link: end?.link,
    activation: activation ?? (resized || direct ? 'identity' : (link ?? usual)),
    dims: dimsOf(logits),
    axis: axes.axis,
    classes: axes.channels === 1 && labels === 2 && is !== 'values' ? 2 : axes.channels,
    positions: axes.positions,
    detector: undefined,
    problem: obstacleOf(network, output, scores),
  };
}

/** Tasks of Ultralytics' metadata whose outputs hold boxes. */
const DETECTING: ReadonlySet<string> = new Set(['detect', 'segment', 'pose', 'obb']);
/** Its other tasks. */
const KIND_OF_TASK: ReadonlyMap<string, OutputKind> = new Map([
  ['classify', 'classes'],
  ['semantic', 'classes'],
  ['depth', 'values'],
]);

/** Scores in an output of their own are explained before a final Softmax or Sigmoid, as those of classes are. */
function detectorOutput(network: Network, detector: Detector, labels: number): ClassOutput {
  const { facts } = network;
  const { output: name } = detector.scores;
  const dims = facts.dims.get(name) ?? [];
  const end = name === detector.boxes.output ? undefined : scoresBefore(network, name).end;
  return {
    name,
    shape: dims,
    logits: end?.logits ?? name,
    probabilities: end && name,
    kind: 'detections',
    link: end?.link,
    activation: 'identity',
    dims,
    axis: Math.max(0, dims.length - 1),
    classes: detector.classes ?? labels,
    positions: detector.candidates,
    detector,
    problem: obstacleOf(network, name, name),
  };
}

/** For errors: why an output has no detections to explain, and the target to write. */
export const unknownLayout = ({ name, shape }: Pick<ClassOutput, 'name' | 'shape'>): string =>
  `The output "${name}" [${shape.join(', ')}] holds no detections in a known layout. Explain its elements with \`target\`, such as max(output[${shape.map((_, axis) => (axis === 0 ? '0' : ':')).join(', ')}]).`;

/** The value before the rounding at the end of a quantized model. */
function unrounded(flow: Flow, value: string): string {
  const rounds = ({ op }: GraphNode) => OPERATORS.get(op)?.rounds === true;
  const end = flow.source(value, (node) => OPERATORS.get(node.op)?.passes === 'value' && !rounds(node));
  const node = flow.producer(end);
  return node && rounds(node) ? unrounded(flow, node.inputs[0]) : value;
}

/** The scores from which an output picks classes, behind changes of type and shape. */
function pickedFrom(flow: Flow, output: string): string | undefined {
  const node = flow.producer(flow.source(output, passesOn));
  return node && OPERATORS.get(node.op)?.picks ? node.inputs[0] : undefined;
}

function obstacleOf({ facts, isReal }: Network, output: string, scores: string): string | undefined {
  const [dims, type] = [facts.dims.get(scores), facts.types.get(scores)];
  if (dims === undefined) return `The output "${output}" is not a tensor. Choose another with \`output\`.`;
  if (sizeOf(dims) === 0)
    return `The output "${output}" is empty: [${dims.join(', ')}]. Nothing was detected in this image, or another \`output\` has the scores.`;
  if (isReal(scores)) return undefined;
  return `The output "${output}" is an integer tensor (${type}), so it has no gradient. Choose another with \`output\`, or export the scores from which it is computed.`;
}

/** The end of a model: the value before changes of shape, its node, and what its Softmax or Sigmoid reads. */
function scoresBefore({ facts, flow }: Network, output: string) {
  const size = (value: string) => sizeOf(facts.dims.get(value) ?? []);
  const value = flow.source(output, (node) => passesOn(node) && size(node.inputs[0]) === size(output));
  const node = flow.producer(value);
  return { value, node, end: node && endOf(flow, node) };
}

/** The Softmax or Sigmoid before a final change of size, as in segmentation. */
function resizedProbabilities(flow: Flow, value: string): Link | undefined {
  const node = flow.producer(value);
  const before = node && OPERATORS.get(node.op)?.resamples ? flow.producer(node.inputs[0]) : undefined;
  return before && OPERATORS.get(before.op)?.link;
}

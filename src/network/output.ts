import { badOption, CamError, didYouMean } from '../errors.ts';
import { isFloat } from '../onnx/data-type.ts';
import type { Flow } from '../onnx/flow.ts';
import type { Facts, GraphNode, Model } from '../onnx/model.ts';
import { isSpace } from '../operators/axes.ts';
import { OPERATORS } from '../operators/index.ts';
import type { Link } from '../operators/operator.ts';
import { sizeOf } from '../runtime/tensor.ts';
import { traceAxes } from './axes.ts';
import { layoutOfInput } from './layout.ts';
import type { Network } from './network.ts';

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
  /** The model's link function; for logits, the usual one in training. */
  readonly link: Link;
  readonly dims: readonly number[];
  /** The class axis, and the number of classes. */
  readonly axis: number;
  readonly classes: number;
  /** Positions per class: 1 for a classifier, pixels for a dense output. */
  readonly positions: number;
}

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

/**
 * Finds the classes in a model's output, before a trailing Softmax or LogSoftmax, or a classifier's Sigmoid: the
 * gradient of a probability mixes all classes (Simonyan et al. 2014, arXiv:1312.6034, sec. 3) and vanishes when the
 * model is confident.
 * @throws {CamError} UNSUPPORTED_MODEL when the output is empty or an integer tensor.
 */
export function classOutput(network: Network, input: string, output: string): ClassOutput {
  const { facts, flow } = network;
  const dimsOf = (value: string) => facts.dims.get(value) ?? [];
  let value = output;
  let node = flow.producer(value);
  while (node && passesOn(node) && sizeOf(dimsOf(node.inputs[0])) === sizeOf(dimsOf(output))) {
    value = node.inputs[0];
    node = flow.producer(value);
  }
  const vector = dimsOf(output).filter((size) => size > 1).length <= 1;
  const found = node && endOf(flow, node);
  // A dense Sigmoid yields a map or boxes, explained directly.
  const end = vector || found?.link === 'softmax' ? found : undefined;
  const logits = end?.logits ?? output;
  const dims = dimsOf(logits);
  if (dims.length === 0 || sizeOf(dims) === 0) {
    throw new CamError(
      'UNSUPPORTED_MODEL',
      `The output "${output}" is empty: [${dims.join(', ')}]. Choose another with \`output\`.`,
      { option: 'output' },
    );
  }
  const type = facts.types.get(output);
  if (!isFloat(type)) {
    throw new CamError(
      'UNSUPPORTED_MODEL',
      `The output "${output}" is an integer tensor (${type}), so it has no gradient. Choose another with \`output\`.`,
      { option: 'output' },
    );
  }
  const axis = classAxis(network, input, logits);
  const classes = dims[axis];
  return {
    name: output,
    shape: dimsOf(output),
    logits,
    probabilities: end && node && !OPERATORS.get(node.op)?.logarithm ? node.outputs[0] : undefined,
    // A single logit decides yes or no.
    link: end?.link ?? (classes === 1 ? 'sigmoid' : 'softmax'),
    dims,
    axis,
    classes,
    positions: sizeOf(dims) / classes,
  };
}

/**
 * The class axis: neither rows nor columns of the image. Of several, the channels in [1, C, H, W], or the last: [1,
 * boxes, C], [1, anchors, H, W, C].
 */
function classAxis(network: Network, input: string, value: string): number {
  const dims = network.facts.dims.get(value)!;
  const long = dims.flatMap((size, axis) => (size > 1 ? [axis] : []));
  const image = layoutOfInput(network.facts.dims.get(input) ?? []);
  const traced = long.length > 1 ? traceAxes(network, input, value).get(value) : undefined;
  const apart = long.filter((axis) => !traced?.[axis].every(isSpace));
  const [first = dims.length - 1, ...others] = apart.length > 0 ? apart : long;
  const asImage = dims.length === 4 && first === 1 && image?.kind !== 'nhwc';
  return asImage ? first : (others.at(-1) ?? first);
}

import type { Facts } from '../onnx/facts.ts';
import type { Flow } from '../onnx/flow.ts';
import type { Model } from '../onnx/model.ts';
import { CamError } from '../errors.ts';
import { isFloat } from '../onnx/data-type.ts';
import { didYouMean } from '../suggest.ts';
import { sizeOf } from '../runtime/tensor.ts';

/** Where the classes stand in a model's output. */
export interface ClassOutput {
  /** Name and dimensions of the model's output. */
  readonly name: string;
  readonly shape: readonly number[];
  /** Value before a trailing Softmax: the logits, where the model has them. */
  readonly logits: string;
  /** Value behind the Softmax, when the model ends in one. */
  readonly probabilities: string | undefined;
  readonly dims: readonly number[];
  /** Axis that counts classes, and how many there are. */
  readonly axis: number;
  readonly classes: number;
  /** Positions per class: 1 for a classifier, pixels for a dense output. */
  readonly positions: number;
}

/** The model's output of that name; by default the first that holds real numbers. @throws CamError BAD_OPTION. */
export function outputNamed({ graph }: Model, facts: Facts, name?: string): string {
  const names = graph.outputs.map((output) => output.name);
  if (name === undefined) return names.find((output) => isFloat(facts.types.get(output))) ?? names[0];
  if (names.includes(name)) return name;
  throw new CamError(
    'BAD_OPTION',
    `The model has no output "${name}".${didYouMean(name, names)} Its outputs: ${names.join(', ')}.`,
  );
}

/** Operators that hand their input on in another shape. */
const HAND_ON = new Set(['Identity', 'Reshape', 'Flatten', 'Squeeze', 'Unsqueeze', 'Cast', 'Dropout']);

/**
 * Finds the classes in the model's output of that name. A Softmax or LogSoftmax at the end is looked
 * through, since the probability's gradient mixes all classes (Simonyan et al. 2014, arXiv:1312.6034, sec. 3).
 */
export function classOutput(facts: Facts, flow: Flow, output: string, channelsLast: boolean): ClassOutput {
  const dimsOf = (value: string) => facts.dims.get(value) ?? [];
  let value = output;
  let node = flow.producer(value);
  while (node && HAND_ON.has(node.op) && sizeOf(dimsOf(node.inputs[0])) === sizeOf(dimsOf(output))) {
    value = node.inputs[0];
    node = flow.producer(value);
  }
  const softmax = node?.op === 'Softmax' || node?.op === 'LogSoftmax';
  const logits = softmax ? node!.inputs[0] : output;
  const dims = dimsOf(logits);
  if (dims.length === 0 || sizeOf(dims) === 0) {
    throw new CamError(
      'UNSUPPORTED_MODEL',
      `The output "${output}" holds no numbers to explain ([${dims.join(', ')}]).`,
    );
  }
  const type = facts.types.get(output);
  if (!isFloat(type)) {
    throw new CamError(
      'UNSUPPORTED_MODEL',
      `The output "${output}" holds ${type}, which nothing moves gradually. Name another with --output-name (output).`,
    );
  }
  const axis = classAxis(dims, channelsLast);
  const probabilities = node?.op === 'Softmax' ? node.outputs[0] : undefined;
  return {
    name: output,
    shape: dimsOf(output),
    logits,
    probabilities,
    dims,
    axis,
    classes: dims[axis],
    positions: sizeOf(dims) / dims[axis],
  };
}

/** [C], [1, C], [1, C, 1, 1], [1, C, H, W] or [1, H, W, C]; of three axes the last. */
function classAxis(dims: readonly number[], channelsLast: boolean): number {
  const long = dims.flatMap((size, axis) => (size > 1 ? [axis] : []));
  if (long.length === 1) return long[0];
  if (dims.length < 4) return dims.length - 1;
  return channelsLast ? dims.length - 1 : 1;
}

import { nodeViewOf, valueFacts } from '../autodiff/context.ts';
import { CamError } from '../errors.ts';
import type { GraphNode } from '../onnx/model.ts';
import { isSpace, lengthOf, type TracedAxes } from '../operators/axes.ts';
import { keepsValues, OPERATORS } from '../operators/index.ts';
import { sizeOf } from '../runtime/tensor.ts';
import { traceAxes } from './axes.ts';
import type { Layer } from './layers.ts';
import type { Network } from './network.ts';
import { channelCount, type ClassOutput, logitOf } from './output.ts';

/**
 * A class's weights [C] for the pooled channels of `layer`: CAM's w_k^c (Zhou et al. 2016, arXiv:1512.04150, eq. 2). In
 * a head without a linear layer (SqueezeNet), each class reads one channel.
 * @throws {CamError} UNSUPPORTED_MODEL unless global average pooling and at most one linear map follow the layer.
 */
export async function classifierWeights(
  network: Network,
  input: string,
  layer: Layer,
  output: ClassOutput,
  index: number,
): Promise<Float32Array> {
  const refuse = (what: string): never => {
    throw new CamError(
      'UNSUPPORTED_MODEL',
      `CAM needs global average pooling and one linear layer between "${layer.name}" and the classes, but ${what}. Use gradcam, which is equal where CAM applies, or layercam or scorecam.`,
    );
  };
  const { channel, sign } = logitOf(output, index);
  const axes = traceAxes(network, input, output.logits);
  const path = new Set(network.flow.upstream([output.logits]));
  const { channels } = layer.layout;
  let value = layer.name;
  let pooled = false;
  let weights: Float32Array | undefined;
  while (value !== output.logits) {
    const consumers = network.flow.consumers(value).filter((node) => path.has(node) && node.op !== 'Shape');
    if (consumers.length !== 1) refuse(`"${value}" has ${consumers.length} consumers`);
    const [node] = consumers;
    const linear = weights ? undefined : await linearRow(network, node, value, channels, channel);
    const left: number | undefined = pooled
      ? undefined
      : averaged(network, node, axes.get(node.outputs[0]) ?? [], channels);
    if (left !== undefined) pooled = left === 1;
    else if (pooled && linear) weights = linear;
    else if (!(keepsValues(node) || (weights && isBias(network, node)))) {
      const factor = weights && scaledBy(network, node, value, channel);
      if (factor === undefined) refuse(`${node.op} is between them`);
      else weights = weights?.map((weight) => factor * weight);
    }
    value = node.outputs[0];
  }
  if (!pooled) refuse('it is not pooled');
  if (weights) return weights.map((weight) => sign * weight);
  if (channels !== channelCount(output)) refuse(`it has ${channels} channels for ${output.classes} classes`);
  return Float32Array.from({ length: channels }, (_, k) => (k === channel ? sign : 0));
}

/**
 * Number of positions left after a node that averages each channel, all at once or rows and columns separately.
 * Undefined for other nodes.
 */
function averaged(
  { model, facts }: Network,
  node: GraphNode,
  axes: TracedAxes,
  channels: number,
): number | undefined {
  const factors = axes.flat();
  const left = lengthOf(factors.filter(isSpace));
  const takesAll =
    OPERATORS.get(node.op)?.averages?.(nodeViewOf(model, node, valueFacts(model, facts))) ?? false;
  return takesAll && lengthOf(factors) === left * channels ? left : undefined;
}

const isBias = ({ varying }: Network, { op, inputs }: GraphNode): boolean =>
  op === 'Add' && inputs.some((name) => !varying.has(name));

/** The constant factor of an output channel by which a node multiplies the value. */
function scaledBy(
  { model, facts, flow }: Network,
  node: GraphNode,
  value: string,
  row: number,
): number | undefined {
  const values = valueFacts(model, facts);
  const numberOf = (name: string): number | undefined => {
    const numbers = values.constant(name);
    if (numbers) return numbers.length === 1 ? numbers[0] : numbers[row];
    const made = flow.producer(name);
    // The scale of an input that is quantized as it comes; restored here, it has no effect.
    if (made?.op === 'DynamicQuantizeLinear' && made.outputs[1] === name) return 1;
    if (made && keepsValues(made)) return numberOf(made.inputs[0]);
    if (made?.op !== 'Mul') return undefined;
    const [a, b] = made.inputs.map(numberOf);
    return a === undefined || b === undefined ? undefined : a * b;
  };
  const others = node.inputs.filter((name) => name !== value);
  return node.op === 'Mul' && others.length === 1 ? numberOf(others[0]) : undefined;
}

/**
 * The row of an output channel in the weights of a linear layer, initializers or computed from them, as the real numbers
 * that they stand for.
 */
async function linearRow(
  network: Network,
  node: GraphNode,
  value: string,
  channels: number,
  row: number,
): Promise<Float32Array | undefined> {
  const { model, facts, varying } = network;
  const values = valueFacts(model, facts);
  const linear = OPERATORS.get(node.op)?.linear?.(nodeViewOf(model, node, values));
  const [from, weights] = node.inputs;
  if (!linear || from !== value || varying.has(weights)) return undefined;
  const { outputsFirst, scale } = linear;
  const [rows, columns, ...kernel] = values.dims(weights);
  if (sizeOf(kernel) !== 1 || (outputsFirst ? columns : rows) !== channels) return undefined;
  const { data } = await network.constant(weights, (e, matrix) =>
    e.cast(e.op('Gather', [matrix, e.ints([row])], { axis: outputsFirst ? 0 : 1 }), 'float32'),
  );
  const parameters = network.operandsOf(node)[1];
  const outputs = outputsFirst ? rows : columns;
  const read = (name: string | undefined, otherwise: number) => {
    const numbers = name ? values.constant(name) : [otherwise];
    return (k: number) =>
      numbers?.length === 1 ? numbers[0] : numbers?.[numbers.length === outputs ? row : k];
  };
  const [step, zero] = [read(parameters.scale, 1), read(parameters.zero, 0)];
  return data.map((weight, k) => scale * (step(k) ?? NaN) * (weight - (zero(k) ?? NaN)));
}

import { CamError } from '../errors.ts';
import type { Initializer, Node } from '../onnx/model.ts';
import { isInitializer } from '../onnx/model.ts';
import { tensorValues } from '../onnx/tensor.ts';
import { sizeOf } from '../runtime/tensor.ts';
import { isSpace, lengthOf, type Axes } from './axes.ts';
import type { Layer } from './layers.ts';
import type { Network } from './network.ts';
import type { ClassOutput } from './output.ts';
import { traceAxes } from './trace.ts';

const SHAPE_ONLY = new Set([
  'Identity',
  'Flatten',
  'Reshape',
  'Squeeze',
  'Unsqueeze',
  'Dropout',
  'Transpose',
  'Cast',
]);

/**
 * Weights [C] with which a class reads the pooled channels of `layer`: CAM's w_k^c (Zhou et al. 2016, arXiv:1512.04150,
 * eq. 2). A head without a linear part (SqueezeNet) reads one channel per class.
 * @throws CamError UNSUPPORTED_MODEL unless the layer is followed by global average pooling and at most one linear map.
 */
export function classifierWeights(
  network: Network,
  input: string,
  layer: Layer,
  output: ClassOutput,
  index: number,
): Float32Array {
  const refuse = (what: string): never => {
    throw new CamError(
      'UNSUPPORTED_MODEL',
      `CAM needs global average pooling and one linear layer between "${layer.name}" and the classes, but ${what}. Use gradcam, which is the same where CAM applies, or layercam or scorecam.`,
    );
  };
  const axes = traceAxes(network, input, output.logits);
  const path = new Set(network.flow.upstream([output.logits]));
  const { channels } = layer.layout;
  let value = layer.name;
  let pooled = false;
  let weights: Float32Array | undefined;
  while (value !== output.logits) {
    const takers = network.flow.consumers(value).filter((node) => path.has(node) && node.op !== 'Shape');
    if (takers.length !== 1) refuse(`"${value}" is used in ${takers.length} places`);
    const [node] = takers;
    const linear = weights ? undefined : linearRow(network, node, value, channels, index);
    const left: number | undefined = pooled
      ? undefined
      : averaged(network, node, axes.get(node.outputs[0]) ?? [], channels);
    if (left !== undefined) pooled = left === 1;
    else if (pooled && linear) weights = linear;
    else if (!(SHAPE_ONLY.has(node.op) || (weights && isBias(network, node))))
      refuse(`${node.op} stands between them`);
    value = node.outputs[0];
  }
  if (!pooled) refuse('nothing pools it');
  if (weights) return weights;
  if (channels !== output.classes) refuse(`its ${channels} channels are not the ${output.classes} classes`);
  return Float32Array.from({ length: channels }, (_, k) => (k === index ? 1 : 0));
}

/**
 * How many positions are left where a node averages them, channel by channel: all at once, or rows and columns one
 * after the other. Undefined for other nodes.
 */
function averaged({ facts }: Network, node: Node, axes: Axes, channels: number): number | undefined {
  const factors = axes.flat();
  const left = lengthOf(factors.filter(isSpace));
  const takesAll = AVERAGES[node.op]?.(node, facts.dims.get(node.inputs[0]) ?? []) ?? false;
  return takesAll && lengthOf(factors) === left * channels ? left : undefined;
}

/** Does the operator weigh all positions alike that it brings together, and leave none out? */
const AVERAGES: Readonly<Record<string, (node: Node, dims: readonly number[]) => boolean>> = {
  ReduceMean: () => true,
  GlobalAveragePool: () => true,
  AveragePool: ({ attributes }, dims) =>
    `${attributes.get('kernel_shape')}` === `${dims.slice(2)}` &&
    ((attributes.get('pads') ?? []) as readonly number[]).every((pad) => pad === 0),
};

const isBias = ({ model }: Network, { op, inputs }: Node): boolean =>
  op === 'Add' && inputs.some((name) => model.graph.initializers.has(name));

/** The row of a class in the weights of Gemm, MatMul or a 1x1 Conv. */
function linearRow(
  network: Network,
  node: Node,
  value: string,
  channels: number,
  index: number,
): Float32Array | undefined {
  const { tensor, turned } = weightsOf(network, node.inputs[1]);
  if (!tensor || node.inputs[0] !== value || sizeOf(tensor.dims) % channels !== 0) return undefined;
  if (!['Conv', 'Gemm', 'MatMul'].includes(node.op)) return undefined;
  const asked = node.op === 'Conv' || (node.op === 'Gemm' && node.attributes.get('transB') === 1);
  const transposed = asked !== turned;
  const [rows, columns] = tensor.dims;
  const kernel = sizeOf(tensor.dims.slice(2));
  if (kernel !== 1 || (transposed ? columns : rows) !== channels) return undefined;
  const alpha = node.op === 'Gemm' ? ((node.attributes.get('alpha') as number | undefined) ?? 1) : 1;
  const values = tensorValues(tensor, network.model.external);
  return Float32Array.from(
    { length: channels },
    (_, k) => alpha * values[transposed ? index * columns + k : k * columns + index],
  );
}

/** The constant behind a name, through Identity and Cast; a matrix also through Transpose, which turns it. */
function weightsOf(
  { model, flow }: Network,
  name: string,
): { tensor: Initializer | undefined; turned: boolean } {
  let turned = false;
  let maker = flow.producer(name);
  for (; maker && HANDS_ON.test(maker.op); maker = flow.producer(name)) {
    [name] = maker.inputs;
    if (maker.op === 'Transpose') turned = !turned;
  }
  const found = model.graph.initializers.get(name);
  return { tensor: isInitializer(found) ? found : undefined, turned };
}

const HANDS_ON = /^(Identity|Cast|Transpose)$/;

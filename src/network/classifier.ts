import { CamError } from '../errors.ts';
import type { Initializer, Node } from '../onnx/model.ts';
import { isInitializer } from '../onnx/model.ts';
import { tensorValues } from '../onnx/tensor.ts';
import { sizeOf } from '../runtime/tensor.ts';
import type { Layer } from './layers.ts';
import type { Network } from './network.ts';
import type { ClassOutput } from './output.ts';

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
  const { channels, height, width } = layer.layout;
  let value = layer.name;
  let pooled = false;
  let weights: Float32Array | undefined;
  while (value !== output.logits) {
    const takers = network.flow.consumers(value).filter(({ op }) => op !== 'Shape');
    if (takers.length !== 1) refuse(`"${value}" is used in ${takers.length} places`);
    const [node] = takers;
    const linear = weights ? undefined : linearRow(network, node, value, channels, index);
    if (!pooled && isGlobalPool(network, node, height * width, channels)) pooled = true;
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

/** Averages all positions of every channel: GlobalAveragePool, a ReduceMean or an AveragePool as large as the map. */
function isGlobalPool({ facts }: Network, node: Node, positions: number, channels: number): boolean {
  const averages = ['GlobalAveragePool', 'ReduceMean', 'AveragePool'].includes(node.op);
  const before = sizeOf(facts.dims.get(node.inputs[0]) ?? []);
  return (
    averages && before === positions * channels && sizeOf(facts.dims.get(node.outputs[0]) ?? []) === channels
  );
}

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
  const tensor = weightsOf(network, node.inputs[1]);
  if (!tensor || node.inputs[0] !== value || sizeOf(tensor.dims) % channels !== 0) return undefined;
  const transposed = node.op === 'Conv' || (node.op === 'Gemm' && node.attributes.get('transB') === 1);
  if (!transposed && node.op !== 'Gemm' && node.op !== 'MatMul') return undefined;
  const [rows, columns] = tensor.dims;
  const kernel = sizeOf(tensor.dims.slice(2));
  if (kernel !== 1 || (transposed ? columns : rows) !== channels) return undefined;
  const alpha = node.op === 'Gemm' ? ((node.attributes.get('alpha') as number | undefined) ?? 1) : 1;
  const values = tensorValues(tensor);
  return Float32Array.from(
    { length: channels },
    (_, k) => alpha * values[transposed ? index * columns + k : k * columns + index],
  );
}

/** The constant behind a name, through Identity and Cast. */
function weightsOf({ model, flow }: Network, name: string): Initializer | undefined {
  const maker = flow.producer(name);
  if (maker && (maker.op === 'Identity' || maker.op === 'Cast'))
    return weightsOf({ model, flow } as Network, maker.inputs[0]);
  const found = model.graph.initializers.get(name);
  return isInitializer(found) ? found : undefined;
}

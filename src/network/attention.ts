import type { Node } from '../onnx/model.ts';
import { sizeOf } from '../runtime/tensor.ts';
import { dominators } from './dominators.ts';
import type { Layer } from './layers.ts';
import type { Network } from './network.ts';

/** Operators that attention weights pass on their way to the values that they weigh. */
const PASSES = new Set([
  'Identity',
  'Dropout',
  'Cast',
  'Reshape',
  'Transpose',
  'Squeeze',
  'Unsqueeze',
  'Where',
  'Add',
  'Sub',
  'Mul',
  'Div',
  'MatMul',
]);

const FUSED = /(^|\.)(MultiHead|GroupQuery|QOrdered|Q|Packed|PackedMultiHead)?Attention$/;

const NORMALISES = /(^|\.)(Skip)?(Simplified)?LayerNormalization$|^(RMS|Group)Normalization$/;

/**
 * The first normalisation of the last attention block. As most have it, that is the one which all the values that the
 * attention weighs have passed since they left the residual stream; where a block normalises later (Swin V2), the one
 * after the attention. Undefined where there is no attention, or no map is normalised.
 */
export function attentionNorm(
  network: Network,
  layers: readonly Layer[],
  input: string,
  output: string,
): Layer | undefined {
  const { flow } = network;
  const above = dominators(network, input, output);
  const moving = (name: string) => above.has(name);
  const attended = flow
    .upstream([output])
    .map((node) => attendedBy(network, node, moving))
    .findLast((name) => name !== undefined);
  if (attended === undefined) return undefined;
  const decomposed = decomposedNorms(network, above);
  const norms = layers.filter(({ name, op }) => NORMALISES.test(op) || decomposed.has(name));
  let value: string | undefined = attended;
  while (value !== undefined && !isResidual(network, flow.producer(value), moving)) {
    const norm = norms.find(({ name }) => name === value);
    if (norm) return norm;
    value = above.get(value);
  }
  const after = flow.downstream([attended]);
  return norms.find(({ name }) => after.has(name));
}

/** Does the node add two maps of one shape, as blocks do with what they were given? */
const isResidual = ({ facts }: Network, node: Node | undefined, moving: (name: string) => boolean): boolean =>
  node?.op === 'Add' &&
  node.inputs.every(
    (name) => moving(name) && `${facts.dims.get(name)}` === `${facts.dims.get(node.outputs[0])}`,
  );

/**
 * What an attention node weighs: the values that the weights of a Softmax meet in a product (Vaswani et al. 2017,
 * arXiv:1706.03762, eq. 1), or the input of a fused operator.
 */
function attendedBy({ flow }: Network, node: Node, moving: (name: string) => boolean): string | undefined {
  if (!node.outputs.some(moving)) return undefined;
  if (FUSED.test(node.op)) return node.inputs.findLast(moving);
  if (node.op !== 'Softmax') return undefined;
  const passed = new Set(node.outputs);
  for (const value of passed) {
    for (const { op, inputs, outputs } of flow.consumers(value)) {
      const product = /MatMul$|^Einsum$/.test(op) && inputs.every(moving);
      if (product) return inputs.find((name) => !passed.has(name));
      if (PASSES.has(op)) outputs.forEach((name) => passed.add(name));
    }
  }
  return undefined;
}

/** Results of layer normalisation in single steps, as exports before opset 17 have it: (x − mean)/√(var + ε)·w + b. */
function decomposedNorms({ flow, facts }: Network, moving: ReadonlyMap<string, string>): ReadonlySet<string> {
  const found = new Set<string>();
  const size = (name: string) => sizeOf(facts.dims.get(name) ?? []);
  for (const root of [...moving.keys()].map((name) => flow.producer(name))) {
    if (root?.op !== 'Sqrt' || flow.producer(varianceOf(flow, root))?.op !== 'ReduceMean') continue;
    let value = root.outputs[0];
    let scaled = false;
    for (;;) {
      const [next, ...others] = flow.consumers(value).filter(({ op }) => op !== 'Shape');
      if (!next || !['Div', 'Mul', 'Add', 'Reciprocal', 'Cast'].includes(next.op)) break;
      const rest = next.inputs.filter((name) => name !== value && moving.has(name));
      if (scaled && (rest.length > 0 || others.length > 0)) break;
      scaled ||= size(next.outputs[0]) > size(value);
      [value] = next.outputs;
    }
    if (scaled) found.add(value);
  }
  return found;
}

/** What a square root is taken of, without the ε that was added. */
function varianceOf(flow: Network['flow'], { inputs }: Node): string {
  const node = flow.producer(inputs[0]);
  return node?.op === 'Add'
    ? (node.inputs.find((name) => flow.producer(name)?.op === 'ReduceMean') ?? inputs[0])
    : inputs[0];
}

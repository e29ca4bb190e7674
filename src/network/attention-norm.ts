import type { GraphNode } from '../onnx/model.ts';
import { OPERATORS } from '../operators/index.ts';
import { sizeOf } from '../runtime/tensor.ts';
import { dominators } from './dominators.ts';
import type { Layer } from './layers.ts';
import type { Network } from './network.ts';

/**
 * The first norm of the last attention block: usually the norm that every attended value passes after leaving the
 * residual stream; in blocks with post-normalization (Swin V2), the one after the attention. Undefined without
 * attention or a normalized map.
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
  const norms = layers.filter(({ name, op }) => OPERATORS.get(op)?.normalizes || decomposed.has(name));
  let value: string | undefined = attended;
  while (value !== undefined && !isResidual(network, flow.producer(value), moving)) {
    const norm = norms.find(({ name }) => name === value);
    if (norm) return norm;
    value = above.get(value);
  }
  const after = flow.downstream([attended]);
  return norms.find(({ name }) => after.has(name));
}

/** Whether the node is a residual connection: the sum of two maps of one shape. */
const isResidual = (
  { facts }: Network,
  node: GraphNode | undefined,
  moving: (name: string) => boolean,
): boolean =>
  node?.op === 'Add' &&
  node.inputs.every(
    (name) => moving(name) && `${facts.dims.get(name)}` === `${facts.dims.get(node.outputs[0])}`,
  );

/**
 * The values weighted by an attention node: the factor that multiplies a Softmax (Vaswani et al. 2017,
 * arXiv:1706.03762, eq. 1), or the last input of a fused operator that depends on the image.
 */
function attendedBy(
  { flow }: Network,
  node: GraphNode,
  moving: (name: string) => boolean,
): string | undefined {
  if (!node.outputs.some(moving)) return undefined;
  if (OPERATORS.get(node.op)?.fusedAttention) return node.inputs.findLast(moving);
  if (node.op !== 'Softmax') return undefined;
  const passed = new Set(node.outputs);
  for (const value of passed) {
    for (const { op, inputs, outputs } of flow.consumers(value)) {
      const row = OPERATORS.get(op);
      if (row?.product && inputs.every(moving)) return inputs.find((name) => !passed.has(name));
      if (row?.carriesAttention) outputs.forEach((name) => passed.add(name));
    }
  }
  return undefined;
}

/** Outputs of layer normalization as separate nodes, as exported before opset 17: (x − mean)/√(var + ε)·w + b. */
function decomposedNorms({ flow, facts }: Network, moving: ReadonlyMap<string, string>): ReadonlySet<string> {
  const found = new Set<string>();
  const size = (name: string) => sizeOf(facts.dims.get(name) ?? []);
  for (const root of [...moving.keys()].map((name) => flow.producer(name))) {
    if (root?.op !== 'Sqrt' || !isMean(flow, withoutEpsilon(flow, root.inputs[0]))) continue;
    let value = root.outputs[0];
    let exact = value;
    let scaled = false;
    for (;;) {
      const [next, ...others] = flow.consumers(value).filter(({ op }) => op !== 'Shape');
      if (!next || !(NORM_STEPS.has(next.op) || rounds(next))) break;
      const rest = next.inputs.filter((name) => name !== value && moving.has(name));
      if (scaled && (rest.length > 0 || others.length > 0)) break;
      scaled ||= size(next.outputs[0]) > size(value);
      [value] = next.outputs;
      if (!rounds(next)) exact = value;
    }
    if (scaled) found.add(exact);
  }
  return found;
}

const NORM_STEPS: ReadonlySet<string> = new Set(['Div', 'Mul', 'Add', 'Reciprocal', 'Cast']);

const rounds = ({ op }: GraphNode): boolean => OPERATORS.get(op)?.rounds === true;

const isMean = (flow: Network['flow'], name: string): boolean =>
  flow.producer(flow.source(name, rounds))?.op === 'ReduceMean';

/** The variance under a square root, without the added ε. */
function withoutEpsilon(flow: Network['flow'], name: string): string {
  const node = flow.producer(flow.source(name, rounds));
  return (node?.op === 'Add' && node.inputs.find((input) => isMean(flow, input))) || name;
}

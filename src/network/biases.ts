import { isInitializer, type Node } from '../onnx/model.ts';
import { tensorValues } from '../onnx/tensor.ts';
import { sizeOf } from '../runtime/tensor.ts';
import type { Network } from './network.ts';

/** A map [1, C, h, w] with a bias added to each channel. */
export interface BiasTerm {
  /** The value that has the bias in it. */
  readonly value: string;
  readonly bias: Float32Array;
}

/** Biases added to maps between the input and the output (Srinivas & Fleuret 2019, arXiv:1905.00780, sec. 3.2). */
export function biasTerms(network: Network, input: string, output: string): BiasTerm[] {
  const { flow, facts } = network;
  const reached = flow.downstream([input]);
  return flow.upstream([output]).flatMap((node) => {
    const [value] = node.outputs;
    const [images, channels, ...space] = facts.dims.get(value) ?? [];
    if (!reached.has(value) || images !== 1 || space.length !== 2) return [];
    const bias = BIASES[node.op]?.(network, node);
    if (!bias || bias.length !== channels || bias.every((b) => b === 0)) return [];
    return [{ value, bias }];
  });
}

type BiasOf = (network: Network, node: Node) => Float32Array | undefined;

const ofThirdInput: BiasOf = (network, { inputs }) => constant(network, inputs[2]);

/** What each operator adds to its channels. */
const BIASES: Readonly<Record<string, BiasOf>> = {
  Conv: ofThirdInput,
  ConvTranspose: ofThirdInput,
  // β − μγ/√(σ² + ε)
  BatchNormalization: (network, { inputs, attributes }) => {
    const [scale, shift, mean, variance] = inputs.slice(1).map((name) => constant(network, name));
    const epsilon = (attributes.get('epsilon') as number | undefined) ?? 1e-5;
    return shift?.map((b, c) => b - (mean![c] * scale![c]) / Math.sqrt(variance![c] + epsilon));
  },
  Add: (network, { inputs }) => {
    const name = inputs.find((one) => isInitializer(network.model.graph.initializers.get(one)));
    const dims = network.model.graph.initializers.get(name ?? '')?.dims ?? [];
    const perChannel = dims.length >= 3 && dims.at(-3) === sizeOf(dims);
    return perChannel ? constant(network, name) : undefined;
  },
};

/** The numbers of a weight. */
function constant({ model }: Network, name: string | undefined): Float32Array | undefined {
  const tensor = model.graph.initializers.get(name ?? '');
  return tensor && Float32Array.from(tensorValues(tensor, model.external));
}

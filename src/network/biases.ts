import { nodeViewOf, valueFacts } from '../autodiff/context.ts';
import { OPERATORS } from '../operators/index.ts';
import type { Network } from './network.ts';

/** A map [1, C, h, w] with a bias added to each channel. */
export interface BiasTerm {
  /** Name of the value after the addition. */
  readonly value: string;
  readonly bias: Float32Array;
}

/** Biases added to maps between the input and the output (Srinivas & Fleuret 2019, arXiv:1905.00780, sec. 3.2). */
export function biasTerms(network: Network, input: string, output: string): BiasTerm[] {
  const { flow, facts, model } = network;
  const values = valueFacts(model, facts);
  const reached = flow.downstream([input]);
  return flow.upstream([output]).flatMap((node) => {
    const [value] = node.outputs;
    const [images, channels, ...space] = facts.dims.get(value) ?? [];
    if (!reached.has(value) || images !== 1 || space.length !== 2) return [];
    const numbers = OPERATORS.get(node.op)?.bias?.(nodeViewOf(model, node, values));
    const bias = numbers && Float32Array.from(numbers);
    if (!bias || bias.length !== channels || bias.every((b) => b === 0)) return [];
    return [{ value, bias }];
  });
}

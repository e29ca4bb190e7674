import { nodeViewOf, valueFacts } from '../autodiff/context.ts';
import { QUANTIZED_RANGE } from '../onnx/data-type.ts';
import { flowOf } from '../onnx/flow.ts';
import type { TracedAxes } from '../operators/axes.ts';
import { OPERATORS } from '../operators/index.ts';
import { type FloatTensor, floatTensor, namedTensor } from '../runtime/tensor.ts';
import { traceAxes } from './axes.ts';
import { layoutOfInput } from './input-layout.ts';
import { type Layout, layoutOf } from './layout.ts';
import type { Network, Values } from './network.ts';

/** A map with a bias added to each channel. */
export interface BiasTerm {
  /** Name of the value after the addition. */
  readonly value: string;
  readonly layout: Layout;
  readonly bias: Float32Array;
  /** The bounds at which the value, quantized, saturates: no gradient passes to the bias there. */
  readonly bounds?: readonly [low: number, high: number];
}

/** The gradient before the value saturates, from that of the value; `values` has those with bounds. */
export function beforeBounds(
  { value, bounds }: BiasTerm,
  gradient: FloatTensor,
  values: Values,
): FloatTensor {
  if (!bounds) return gradient;
  const stored = namedTensor(values, value).data as ArrayLike<number>;
  const [low, high] = bounds;
  const inside = gradient.data.map((g, i) => (stored[i] > low && stored[i] < high ? g : 0));
  return floatTensor(gradient.dims, inside);
}

/** Biases added to maps between the input and the output (Srinivas & Fleuret 2019, arXiv:1905.00780, sec. 3.2). */
export function biasTerms(network: Network, input: string, output: string): BiasTerm[] {
  const { facts, model } = network;
  // Not the plain graph, where quantized operators have lost their biases.
  const flow = flowOf(model.graph);
  const values = valueFacts(model, facts);
  const reached = flow.downstream([input]);
  const traced = traceAxes(network, input, output);
  const { depth } = layoutOfInput(model, input, facts.dims.get(input)) ?? {};
  return flow.upstream([output]).flatMap((node) => {
    const [value] = node.outputs;
    const layout = channelsSecond(facts.dims.get(value) ?? [], traced.get(value), depth !== undefined);
    if (!reached.has(value) || !layout) return [];
    const numbers = OPERATORS.get(node.op)?.bias?.(nodeViewOf(model, node, values));
    const bias = numbers && Float32Array.from(numbers);
    if (!bias || bias.length !== layout.channels || bias.every((b) => b === 0)) return [];
    const bounds = value === output ? undefined : QUANTIZED_RANGE[facts.types.get(value) ?? 'float32'];
    return [{ value, layout, bias, bounds }];
  });
}

/** Layout of a value whose second axis counts channels; also where its origin is unknown, for an image. */
function channelsSecond(
  dims: readonly number[],
  axes: TracedAxes | undefined,
  hasDepth: boolean,
): Layout | undefined {
  const layout = axes && layoutOf(axes, dims);
  const [images, channels, height, width] = dims;
  if (layout)
    return dims[1] === layout.channels && ['nchw', 'frames'].includes(layout.kind) ? layout : undefined;
  if (hasDepth || images !== 1 || dims.length !== 4) return undefined;
  return { kind: 'nchw', channels, height, width, prefix: 0 };
}

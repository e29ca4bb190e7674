import { backwardGraph, isFlat, noRule } from '../autodiff/backward.ts';
import { flowOf, needsOf } from '../onnx/flow.ts';
import type { GraphNode } from '../onnx/model.ts';
import { OPERATORS } from '../operators/index.ts';
import { NoGradientError } from '../operators/no-gradient.ts';
import type { Layer } from './layers.ts';
import type { Network } from './network.ts';

/**
 * Values whose gradient is blocked by a node without one, with that node. Traverses the graph like the backward pass,
 * without emitting anything; `refused` are nodes whose rule failed.
 */
export function barriers(
  network: Network,
  input: string,
  output: string,
  refused: ReadonlySet<GraphNode> = new Set(),
): ReadonlyMap<string, GraphNode> {
  const { model, facts } = network;
  const flow = flowOf(model.graph);
  const active = flow.downstream([input], (node) => isFlat(node, facts));
  const reached = new Set([output]);
  const blocked = new Map<string, GraphNode>();
  for (const node of flow.upstream([output]).toReversed()) {
    if (isFlat(node, facts) || !node.outputs.some((name) => reached.has(name))) continue;
    const own = !OPERATORS.get(node.op)?.vjp || refused.has(node) ? node : undefined;
    const barrier = own ?? node.outputs.flatMap((name) => blocked.get(name) ?? [])[0];
    for (const name of needsOf(node)) {
      if (!active.has(name) || facts.types.get(name) === 'int64') continue;
      reached.add(name);
      if (barrier) blocked.set(name, barrier);
    }
  }
  return blocked;
}

/** Where gradients flow, and what blocks them elsewhere. */
export interface Reach {
  /** The layers that gradients reach. */
  readonly open: readonly Layer[];
  /** Whether gradients reach the input. */
  readonly input: boolean;
  /** Nodes without a gradient that block one, from the output backward. */
  readonly stops: readonly NoGradientError[];
  /** For every value without a gradient: the node that blocks it. */
  readonly blocked: ReadonlyMap<string, GraphNode>;
}

/** Finds the differentiable part by building the backward graph, without running it. */
export function reachOf(
  network: Network,
  layers: readonly Layer[],
  input: string,
  output: string,
  stops: readonly NoGradientError[] = [],
): Reach {
  const { model, facts } = network;
  const blocked = barriers(network, input, output, new Set(stops.map(({ node }) => node)));
  const open = layers.filter(({ name }) => !blocked.has(name));
  const whole = !blocked.has(input);
  const found = (): Reach => {
    const named = new Set(stops.map(({ node }) => node));
    const without = [...new Set(blocked.values())].filter((node) => !named.has(node));
    return { open, input: whole, blocked, stops: [...without.map((node) => noRule(model, node)), ...stops] };
  };
  const wrt = whole ? [input] : open.map(({ name }) => name);
  if (wrt.length === 0) return found();
  try {
    backwardGraph(model, facts, { output, wrt });
    return found();
  } catch (error) {
    if (!(error instanceof NoGradientError)) throw error;
    return reachOf(network, layers, input, output, [...stops, error]);
  }
}

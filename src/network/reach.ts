import { backwardGraph, isFlat, noRule, takesGradient } from '../autodiff/backward.ts';
import { flowOf, needsOf } from '../onnx/flow.ts';
import type { Facts, GraphNode } from '../onnx/model.ts';
import { OPERATORS } from '../operators/index.ts';
import { NoGradientError } from '../operators/no-gradient.ts';
import type { Layer } from './layers.ts';
import type { Network } from './network.ts';

/** Values on the way of the gradient. */
export interface GradientPath {
  /** Values that the score depends on smoothly, from the input on. */
  readonly reached: ReadonlySet<string>;
  /** Those whose gradient is blocked by a node without one, with that node. */
  readonly blocked: ReadonlyMap<string, GraphNode>;
}

/** Traverses the graph like the backward pass, without emitting anything; `refused` are nodes whose rule failed. */
export function gradientPath(
  network: Network,
  input: string,
  output: string,
  refused: ReadonlySet<GraphNode> = new Set(),
): GradientPath {
  const { model, facts } = network;
  const flow = flowOf(model.graph);
  const active = flow.downstream([input], (node) => isFlat(node, facts));
  const reached = new Set([output]);
  const blocked = new Map<string, GraphNode>();
  for (const node of flow.upstream([output]).toReversed()) {
    if (isFlat(node, facts) || !node.outputs.some((name) => reached.has(name))) continue;
    const own = !OPERATORS.get(node.op)?.vjp || refused.has(node) ? node : undefined;
    const barrier = own ?? node.outputs.flatMap((name) => blocked.get(name) ?? [])[0];
    for (const name of gradientInputs(node, facts)) {
      if (!active.has(name)) continue;
      reached.add(name);
      if (barrier) blocked.set(name, barrier);
    }
  }
  return { reached, blocked };
}

/** The values that a node passes gradients to, including those that its subgraphs read. */
function gradientInputs(node: GraphNode, facts: Facts): readonly string[] {
  const without = new Set(node.inputs.filter((_, index) => !takesGradient(node, index, facts)));
  return needsOf(node).filter((name) => !without.has(name) && facts.types.get(name) !== 'int64');
}

/** Whether a gradient reaches a value. */
export const isOpen = ({ reached, blocked }: GradientPath, name: string): boolean =>
  reached.has(name) && !blocked.has(name);

/** Where gradients flow, and what blocks them elsewhere. */
export interface Reach {
  readonly path: GradientPath;
  /** The layers that gradients reach. */
  readonly open: readonly Layer[];
  /** Whether gradients reach the input. */
  readonly input: boolean;
  /** Nodes without a gradient that block one, from the output backward. */
  readonly stops: readonly NoGradientError[];
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
  const path = gradientPath(network, input, output, new Set(stops.map(({ node }) => node)));
  const { blocked } = path;
  const open = layers.filter(({ name }) => isOpen(path, name));
  const whole = isOpen(path, input);
  const found = (): Reach => {
    const named = new Set(stops.map(({ node }) => node));
    const without = [...new Set(blocked.values())].filter((node) => !named.has(node));
    return {
      path,
      open,
      input: whole,
      stops: [...without.map((node) => noRule(model, facts, node)), ...stops],
    };
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

import { CamError } from '../errors.ts';
import { isFloat } from './data-type.ts';
import { Emitter } from './emitter.ts';
import { flowOf, needsOf, varyingValues } from './flow.ts';
import type { Facts, Graph, GraphNode, Model } from './model.ts';

/** The part of a model between two values, as a separate model. */
export interface Slice {
  readonly model: Uint8Array;
  /** Inputs: `from` first, then values that bypass it (skip connections, other inputs of the model). */
  readonly inputs: readonly string[];
  readonly output: string;
}

/** Copies nodes, byte for byte, with the initializers that they read and those among `values`. */
export function copyNodes(
  e: Emitter,
  { initializers }: Pick<Graph, 'initializers'>,
  nodes: readonly GraphNode[],
  values: readonly string[] = [],
): void {
  for (const name of new Set([...nodes.flatMap(needsOf), ...values])) {
    const tensor = initializers.get(name);
    if (tensor) e.initializer(tensor, name);
  }
  for (const { proto } of nodes) e.copyNode(proto);
}

/**
 * Extracts the nodes from the value `from` to the value `to`. Nodes and weights are copied byte for byte, at the
 * model's opset. Other values that `to` needs become inputs if they depend on the model's inputs, and are included
 * otherwise.
 * @throws {CamError} UNKNOWN_LAYER when `to` does not depend on `from`.
 */
export function slice(model: Model, facts: Facts, from: string, to: string): Slice {
  const { graph, opsets, irVersion } = model;
  const flow = flowOf(graph);
  const moving = flow.downstream([from]);
  if (!moving.has(to)) {
    throw new CamError('UNKNOWN_LAYER', `The value "${to}" does not depend on "${from}".`);
  }
  const varying = varyingValues(graph, flow);
  const path = flow
    .upstream([to], new Set([from]))
    .filter(({ outputs }) => outputs.some((name) => moving.has(name)));
  const passing = [...new Set(path.flatMap(needsOf))].filter(
    (name) => varying.has(name) && !moving.has(name),
  );
  const inputs = [from, ...passing];
  const e = new Emitter();
  for (const name of inputs) {
    const dims = facts.dims.get(name) ?? [];
    const type = facts.types.get(name) ?? 'float32';
    // The batch axis of a map stays open, for several images at once. Integers are shape arithmetic.
    e.input(name, type, isFloat(type) && dims.length > 1 ? ['N', ...dims.slice(1)] : dims);
  }
  const nodes = flow.upstream([to], new Set(inputs));
  copyNodes(e, graph, nodes, [to]);
  e.outputValue(to);
  return { model: e.bytes(opsets, irVersion), inputs, output: to };
}

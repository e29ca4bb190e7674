import type { Model } from '../onnx/model.ts';
import { OPERATORS } from './index.ts';

/**
 * The model with fused operators as the plain ones that they fuse, as far as their rows name `parts`: a sum that an operator
 * normalizes in the same step is a value like any other. The file stays as it is; `withOutputs` adds the nodes of values that
 * it lacks.
 */
export function unfused(model: Model): Model {
  const { graph } = model;
  const made = new Set(graph.nodes.flatMap(({ outputs }) => outputs));
  const nodes = graph.nodes.flatMap((node) => OPERATORS.get(node.op)?.parts?.(node) ?? [node]);
  const added = nodes.filter(({ outputs }) => !made.has(outputs[0]));
  return added.length === 0 && nodes.length === graph.nodes.length
    ? model
    : { ...model, graph: { ...graph, nodes }, added };
}

import type { Facts, GraphNode, Model } from '../onnx/model.ts';
import { constantOf } from '../onnx/read.ts';
import { OPERATORS } from '../operators/index.ts';
import { nodeViewOf, valueFacts } from './context.ts';

/** Whether a model has operators that are read as their parts. */
export const isFused = ({ graph }: Model): boolean =>
  graph.nodes.some(({ op }) => OPERATORS.get(op)?.parts !== undefined);

/**
 * The model with fused operators as the plain ones that they fuse, as far as their rows name `parts`: a sum that an operator
 * normalizes in the same step is a value like any other, and so are the probabilities of an attention. The file stays as it
 * is; `withOutputs` adds the nodes of values that it lacks.
 */
export function unfused(model: Model, facts: Facts): Model {
  const { graph } = model;
  const values = valueFacts(model, facts);
  const made = new Set(graph.nodes.flatMap(({ outputs }) => outputs));
  const plain = (node: GraphNode): readonly GraphNode[] => {
    const parts = OPERATORS.get(node.op)?.parts?.(nodeViewOf(model, node, values));
    return typeof parts === 'object' ? parts : [node];
  };
  const nodes = graph.nodes.flatMap(plain);
  const constants = new Map(
    nodes.flatMap((node) => {
      const constant = constantOf(node);
      return constant ? [[constant.name, constant]] : [];
    }),
  );
  return {
    ...model,
    graph: {
      ...graph,
      nodes: nodes.filter(({ outputs }) => !constants.has(outputs[0])),
      initializers: new Map([...graph.initializers, ...constants]),
    },
    added: nodes.filter(({ outputs }) => !made.has(outputs[0])),
  };
}

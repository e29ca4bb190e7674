import { nodeViewOf, valueFacts } from '../autodiff/context.ts';
import type { Facts, Graph, GraphNode, Model } from '../onnx/model.ts';
import { OPERATORS } from '../operators/index.ts';

/**
 * The graph as everything that looks for layers, classes, attention and weights reads it: every quantized operator
 * stands as the plain one that it approximates, between its operands, without scales and zero points.
 */
export function plainGraph(model: Model, facts: Facts): Graph {
  const values = valueFacts(model, facts);
  const plain = (node: GraphNode): GraphNode => {
    const form = OPERATORS.get(node.op)?.plain;
    if (!form) return node;
    const operands = form.operands(nodeViewOf(model, node, values));
    return { ...node, op: form.op, inputs: operands.map(({ data }) => node.inputs[data]) };
  };
  return { ...model.graph, nodes: model.graph.nodes.map(plain) };
}

import type { DataType } from '../onnx/data-type.ts';
import type { Emitter } from '../onnx/emitter.ts';
import type { Flow } from '../onnx/flow.ts';
import { type Graph, type GraphNode, opsetOf } from '../onnx/model.ts';
import { OPERATORS } from '../operators/index.ts';

const FOLDABLE_TYPES: readonly DataType[] = [
  ...(['float32', 'float16', 'float64', 'bool'] as const),
  ...(['int8', 'int16', 'int32', 'int64'] as const),
  ...(['uint8', 'uint16', 'uint32', 'uint64'] as const),
];

/** Facts that decide whether a constant can be recomputed. */
export interface ConstantFacts {
  readonly graph: Graph;
  readonly flow: Flow;
  readonly opsets: ReadonlyMap<string, number>;
  type(name: string): DataType;
}

/**
 * The nodes that compute a value from initializers alone, in execution order, if the backward graph can hold them:
 * onnxruntime then folds them once, and the value need not be fed in every run. Exporters leave such nodes between a
 * weight and its use: casts in half-precision files, dequantization, standardization (Qiao et al. 2019,
 * arXiv:1903.10520), a transpose or reshape. Undefined if one of them depends on the model's inputs or has other
 * semantics at the backward graph's opset.
 */
export function constantNodes(
  { graph, flow, opsets, type }: ConstantFacts,
  value: string,
): readonly GraphNode[] | undefined {
  const nodes: GraphNode[] = [];
  const moving = new Set(graph.inputs.map(({ name }) => name));
  for (const node of flow.upstream([value])) {
    const foldable = OPERATORS.get(node.op)?.foldable;
    if (!foldable || opsetOf({ opsets }, node) < foldable.since) return undefined;
    const { attributes = [], types = FOLDABLE_TYPES } = foldable;
    if (![...node.attributes.keys()].every((name) => attributes.includes(name))) return undefined;
    const given = node.inputs.filter(Boolean);
    if (given.some((name) => moving.has(name) || !types.includes(type(name)))) return undefined;
    nodes.push(node);
  }
  return nodes.length > 0 ? nodes : undefined;
}

/** Copies a node from `constantNodes` to the backward graph, under its original names. */
export function copyConstant(e: Emitter, node: GraphNode, { initializers }: Graph): void {
  for (const name of node.inputs) {
    const tensor = initializers.get(name);
    if (tensor) e.initializer(tensor, name);
  }
  const emit = OPERATORS.get(node.op)?.foldable?.emit;
  if (emit) e.alias(emit(e, node), node.outputs[0]);
  else e.copyNode(node.proto);
}

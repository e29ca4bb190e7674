import type { DataType } from '../onnx/data-type.ts';
import type { Emitter, Ref } from '../onnx/emitter.ts';
import type { Flow } from '../onnx/flow.ts';
import type { Graph, Node } from '../onnx/model.ts';

/** How far a node of the model means the same at the opset of the backward graph. */
interface Form {
  /** First version of the operator set that writes the operator as the backward graph's does. */
  readonly since: number;
  /** Attributes that the backward graph's version knows. */
  readonly attributes?: readonly string[];
  /** Element types that the backward graph's version takes. */
  readonly types?: readonly DataType[];
  /** Writes the node anew, where a copy would not do. */
  readonly emit?: (e: Emitter, node: Node) => Ref;
}

const TYPES: readonly DataType[] = [
  ...(['float32', 'float16', 'float64', 'bool'] as const),
  ...(['int8', 'int16', 'int32', 'int64'] as const),
  ...(['uint8', 'uint16', 'uint32', 'uint64'] as const),
];

const arithmetic: Form = { since: 7 };
const unary: Form = { since: 6 };

/**
 * Operators that exporters leave between a weight and its use: casts of half-precision files, dequantisation,
 * standardisation (Qiao et al. 2019, arXiv:1903.10520), another order or shape.
 */
const FORMS: Readonly<Record<string, Form>> = {
  Add: arithmetic,
  BatchNormalization: { since: 14, attributes: ['epsilon', 'momentum', 'training_mode'] },
  Cast: { since: 6, attributes: ['to'] },
  DequantizeLinear: { since: 10, attributes: ['axis'], types: ['float32', 'int8', 'uint8', 'int32'] },
  'com.microsoft.DequantizeLinear': { since: 1, attributes: ['axis'] },
  Div: arithmetic,
  Exp: unary,
  Identity: { since: 1 },
  Mul: arithmetic,
  Neg: unary,
  Reciprocal: unary,
  ReduceMean: {
    since: 1,
    attributes: ['axes', 'keepdims', 'noop_with_empty_axes'],
    // its axes were an attribute before opset 18
    emit(e, { inputs, attributes }) {
      const number = (name: string, otherwise: number) => (attributes.get(name) ?? otherwise) as number;
      const axes = attributes.get('axes') as readonly number[] | undefined;
      return e.op('ReduceMean', axes ? [inputs[0], e.ints(axes)] : inputs, {
        keepdims: number('keepdims', 1),
        noop_with_empty_axes: number('noop_with_empty_axes', 0),
      });
    },
  },
  Reshape: { since: 5, attributes: ['allowzero'] },
  Sqrt: unary,
  Squeeze: { since: 13 },
  Sub: arithmetic,
  Transpose: { since: 1, attributes: ['perm'] },
  Unsqueeze: { since: 13 },
};

/** What decides whether a constant can be computed anew. */
export interface ConstantFacts {
  readonly graph: Graph;
  readonly flow: Flow;
  readonly opsets: ReadonlyMap<string, number>;
  type(name: string): DataType;
}

/**
 * The nodes that compute a value from initializers alone, in running order, where the backward graph may hold them as
 * they are: onnxruntime then folds them once, and the value need not be fed in every run. Undefined where one of
 * them depends on the model's inputs or is written otherwise.
 */
export function constantNodes(
  { graph, flow, opsets, type }: ConstantFacts,
  value: string,
): readonly Node[] | undefined {
  const nodes: Node[] = [];
  const moving = new Set(graph.inputs.map(({ name }) => name));
  for (const node of flow.upstream([value])) {
    const form = FORMS[node.op] as Form | undefined;
    const domain = node.op.slice(0, Math.max(0, node.op.lastIndexOf('.')));
    if (!form || (opsets.get(domain) ?? 1) < form.since) return undefined;
    const { attributes = [], types = TYPES } = form;
    if (![...node.attributes.keys()].every((name) => attributes.includes(name))) return undefined;
    const given = node.inputs.filter(Boolean);
    if (given.some((name) => moving.has(name) || !types.includes(type(name)))) return undefined;
    nodes.push(node);
  }
  return nodes.length > 0 ? nodes : undefined;
}

/** Carries a node that `constantNodes` named over into the backward graph, under its own names. */
export function copyConstant(e: Emitter, node: Node, { initializers }: Graph): void {
  for (const name of node.inputs) {
    const tensor = initializers.get(name);
    if (tensor) e.initializer(tensor, name);
  }
  const { emit } = FORMS[node.op];
  if (emit) e.alias(emit(e, node), node.outputs[0]);
  else e.copyNode(node.proto);
}

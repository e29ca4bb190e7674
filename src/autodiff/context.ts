import { InternalError } from '../errors.ts';
import { type DataType, standsForReal } from '../onnx/data-type.ts';
import type { Emitter, Ref } from '../onnx/emitter.ts';
import { type Flow, flowOf, movingValues } from '../onnx/flow.ts';
import { type Facts, type GraphNode, type Model, opsetOf } from '../onnx/model.ts';
import { tensorValues } from '../onnx/tensor.ts';
import { NoGradientError } from '../operators/no-gradient.ts';
import { type Context, contextFrom, type NodeView } from '../operators/operator.ts';
import { constantNodes, copyConstant } from './constants.ts';

/** Shapes, types and contents of a model's values at one input size. */
export interface ValueFacts {
  dims(name: string): readonly number[];
  type(name: string): DataType;
  value(name: string): readonly number[];
  constant(name: string): readonly number[] | undefined;
}

export function valueFacts({ graph: { initializers }, external }: Model, facts: Facts): ValueFacts {
  const constant = (name: string) => {
    const initializer = initializers.get(name);
    return initializer ? tensorValues(initializer, external) : facts.constants.get(name);
  };
  return {
    dims: (name) =>
      initializers.get(name)?.dims ?? facts.dims.get(name) ?? unknownFact(`shape of the value "${name}"`),
    type: (name) => initializers.get(name)?.type ?? facts.types.get(name) ?? 'float32',
    value: (name) =>
      facts.values.get(name) ?? constant(name) ?? unknownFact(`contents of the value "${name}"`),
    constant,
  };
}

function unknownFact(what: string): never {
  throw new InternalError(`The ${what} is not known yet.`);
}

/** The view of a node for the roles in its table row. */
export function nodeViewOf(model: Model, node: GraphNode, values: ValueFacts): NodeView {
  const { inputs, outputs, attributes } = node;
  const read = <T>(name: string, kind: string, otherwise: T): T => {
    const value = attributes.get(name);
    return typeof value === kind ? (value as T) : otherwise;
  };
  return {
    node,
    opset: opsetOf(model, node),
    onnxOpset: model.opsets.get('') ?? 1,
    has: (index) => Boolean(inputs[index]),
    inputDims: (index) => values.dims(inputs[index]),
    outputDims: (index) => values.dims(outputs[index]),
    inputType: (index) => values.type(inputs[index]),
    outputType: (index) => values.type(outputs[index]),
    value: (index) => values.value(inputs[index]),
    constant: (index) => values.constant(inputs[index]),
    attribute: (name) => attributes.get(name),
    int: (name, otherwise) => read(name, 'number', otherwise),
    float: (name, otherwise) => read(name, 'number', otherwise),
    ints: (name) => read<readonly number[] | undefined>(name, 'object', undefined),
    text: (name, otherwise) => read(name, 'string', otherwise),
  };
}

/** Imports values of the forward pass into the backward graph, once each, and records which. */
export interface Forward extends ValueFacts {
  ref(name: string): Ref;
  /** Like `ref`, in the model's type. */
  raw(name: string): Ref;
  /** Values fed from the forward pass, or read for their contents. */
  readonly saved: ReadonlySet<string>;
  /** Contents that were read although another image may change them. */
  readonly fixed: ReadonlyMap<string, readonly number[]>;
}

export function forwardValues(
  model: Model,
  facts: Facts,
  e: Emitter,
  flow: Flow = flowOf(model.graph),
): Forward {
  const { graph, opsets } = model;
  const values = valueFacts(model, facts);
  const { dims, type } = values;
  const refs = new Map<string, Ref>();
  const saved = new Set<string>();
  const fixed = new Map<string, readonly number[]>();
  let moving: ReadonlySet<string> | undefined;
  const copied = new Set<GraphNode>();
  const copy = (node: GraphNode) => {
    if (copied.has(node)) return;
    copied.add(node);
    copyConstant(e, node, graph);
  };
  const raw = (name: string): Ref => {
    const initializer = graph.initializers.get(name);
    if (initializer) return e.initializer(initializer, name);
    const nodes = constantNodes({ graph, flow, opsets, type }, name);
    nodes?.forEach(copy);
    if (nodes) return name;
    saved.add(name);
    return e.input(name, type(name), dims(name));
  };
  const bring = (name: string): Ref => {
    const given = type(name);
    const ref = raw(name);
    return standsForReal(given) && given !== 'float32' ? e.cast(ref, 'float32') : ref;
  };
  return {
    ...values,
    saved,
    fixed,
    raw,
    ref(name) {
      const ref = refs.get(name) ?? bring(name);
      refs.set(name, ref);
      return ref;
    },
    value(name) {
      const contents = values.value(name);
      moving ??= movingValues(graph, flow);
      if (moving.has(name)) {
        saved.add(name);
        fixed.set(name, contents);
      }
      return contents;
    },
  };
}

export interface NodeFlow {
  readonly cotangents: readonly (Ref | undefined)[];
  readonly wanted: readonly boolean[];
  /** Whether the node computes the differentiated value. */
  readonly isEnd: boolean;
}

/** The view of a node for its vjp. */
export function contextOf(
  model: Model,
  node: GraphNode,
  forward: Forward,
  e: Emitter,
  { cotangents, wanted, isEnd }: NodeFlow,
): Context {
  const { inputs, outputs } = node;
  return contextFrom({
    ...nodeViewOf(model, node, forward),
    e,
    isEnd,
    gradient: () => cotangents[0] ?? e.zeros(forward.dims(outputs[0])),
    input: (index) => forward.ref(inputs[index]),
    output: (index) => forward.ref(outputs[index]),
    raw: (index) => forward.raw(inputs[index]),
    cotangent: (index) => cotangents[index],
    wants: (index) => Boolean(wanted[index]),
    unsupported(what) {
      throw new NoGradientError(node, opsetOf(model, node), what);
    },
  });
}

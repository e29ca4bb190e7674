import { CamError } from '../errors.ts';
import { standsForReal, type DataType } from '../onnx/data-type.ts';
import type { Emitter, Ref } from '../onnx/emitter.ts';
import type { Facts } from '../onnx/facts.ts';
import { flowOf, movingValues, type Flow } from '../onnx/flow.ts';
import type { Model, Node } from '../onnx/model.ts';
import { tensorValues } from '../onnx/tensor.ts';
import { constantNodes, copyConstant } from './constants.ts';
import { NoGradientError } from '../operators/no-gradient.ts';
import type { Context, Rule } from '../operators/rule.ts';

/** Brings values of the forward pass into the backward graph, once each, and remembers which. */
export interface Forward {
  ref(name: string): Ref;
  /** The same in the model's own type. */
  raw(name: string): Ref;
  dims(name: string): readonly number[];
  type(name: string): DataType;
  value(name: string): readonly number[];
  constant(name: string): readonly number[] | undefined;
  /** Values that must be fed from the forward pass, or looked at. */
  readonly saved: ReadonlySet<string>;
  /** Contents that were read though another picture may change them. */
  readonly fixed: ReadonlyMap<string, readonly number[]>;
}

export function forwardValues(
  model: Model,
  facts: Facts,
  e: Emitter,
  flow: Flow = flowOf(model.graph),
): Forward {
  const { graph, opsets } = model;
  const refs = new Map<string, Ref>();
  const saved = new Set<string>();
  const fixed = new Map<string, readonly number[]>();
  let moving: ReadonlySet<string> | undefined;
  const copied = new Set<Node>();
  const dims = (name: string) => {
    const found = model.graph.initializers.get(name)?.dims ?? facts.dims.get(name);
    if (!found) throw new CamError('UNSUPPORTED_MODEL', `The shape of the value "${name}" is not known.`);
    return found;
  };
  const type = (name: string) =>
    model.graph.initializers.get(name)?.type ?? facts.types.get(name) ?? 'float32';
  const copy = (node: Node) => {
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
    saved,
    fixed,
    dims,
    type,
    raw,
    ref(name) {
      const ref = refs.get(name) ?? bring(name);
      refs.set(name, ref);
      return ref;
    },
    value(name) {
      const initializer = model.graph.initializers.get(name);
      const values = facts.values.get(name) ?? (initializer && tensorValues(initializer, model.external));
      if (!values)
        throw new CamError('UNSUPPORTED_MODEL', `The contents of the value "${name}" are not known.`);
      moving ??= movingValues(graph, flow);
      if (moving.has(name)) {
        saved.add(name);
        fixed.set(name, values);
      }
      return values;
    },
    constant(name) {
      const initializer = model.graph.initializers.get(name);
      return initializer && tensorValues(initializer, model.external);
    },
  };
}

export interface NodeFlow {
  readonly cotangents: readonly (Ref | undefined)[];
  readonly wanted: readonly boolean[];
  /** Rules that replace those of the table. */
  readonly rules?: Readonly<Record<string, Rule>>;
}

export function contextOf(model: Model, node: Node, forward: Forward, e: Emitter, flow: NodeFlow): Context {
  const { inputs, outputs, attributes } = node;
  const attribute = (name: string) => attributes.get(name);
  const read = <T>(name: string, kind: string, otherwise: T): T => {
    const value = attribute(name);
    return typeof value === kind ? (value as T) : otherwise;
  };
  return {
    node,
    e,
    opset: opsetOf(model, node),
    get g() {
      return flow.cotangents[0] ?? zeros(e, forward.dims(outputs[0]));
    },
    get x() {
      return forward.ref(inputs[0]);
    },
    get y() {
      return forward.ref(outputs[0]);
    },
    input: (index) => forward.ref(inputs[index]),
    output: (index) => forward.ref(outputs[index]),
    raw: (index) => forward.raw(inputs[index]),
    cotangent: (index) => flow.cotangents[index],
    has: (index) => Boolean(inputs[index]),
    wants: (index) => Boolean(flow.wanted[index]),
    inputDims: (index) => forward.dims(inputs[index]),
    outputDims: (index) => forward.dims(outputs[index]),
    inputType: (index) => forward.type(inputs[index]),
    outputType: (index) => forward.type(outputs[index]),
    value: (index) => forward.value(inputs[index]),
    constant: (index) => forward.constant(inputs[index]),
    replaced: (op) => flow.rules?.[op],
    attribute,
    int: (name, otherwise) => read(name, 'number', otherwise),
    float: (name, otherwise) => read(name, 'number', otherwise),
    ints: (name) => read<readonly number[] | undefined>(name, 'object', undefined),
    text: (name, otherwise) => read(name, 'string', otherwise),
    unsupported(what) {
      throw new NoGradientError(node, opsetOf(model, node), what);
    },
  };
}

/** Version of the operator set that a node's operator belongs to. */
export const opsetOf = ({ opsets }: Model, { op }: Node): number =>
  opsets.get(op.slice(0, Math.max(0, op.lastIndexOf('.')))) ?? 1;

export const zeros = (e: Emitter, dims: readonly number[]): Ref => e.expand(e.scalar(0), dims);

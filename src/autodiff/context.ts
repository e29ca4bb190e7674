import { CamError } from '../errors.ts';
import { standsForReal, type DataType } from '../onnx/data-type.ts';
import type { Emitter, Ref } from '../onnx/emitter.ts';
import type { Facts } from '../onnx/facts.ts';
import type { Model, Node } from '../onnx/model.ts';
import { tensorValues } from '../onnx/tensor.ts';
import type { Context } from './rule.ts';

/** Brings values of the forward pass into the backward graph, once each, and remembers which. */
export interface Forward {
  ref(name: string): Ref;
  dims(name: string): readonly number[];
  type(name: string): DataType;
  value(name: string): readonly number[];
  constant(name: string): readonly number[] | undefined;
  /** Values that must be fed from the forward pass. */
  readonly saved: ReadonlySet<string>;
}

export function forwardValues(model: Model, facts: Facts, e: Emitter): Forward {
  const refs = new Map<string, Ref>();
  const saved = new Set<string>();
  const dims = (name: string) => {
    const found = model.graph.initializers.get(name)?.dims ?? facts.dims.get(name);
    if (!found) throw new CamError('UNSUPPORTED_MODEL', `The shape of the value "${name}" is not known.`);
    return found;
  };
  const type = (name: string) =>
    model.graph.initializers.get(name)?.type ?? facts.types.get(name) ?? 'float32';
  const bring = (name: string): Ref => {
    const initializer = model.graph.initializers.get(name);
    const given = type(name);
    if (!initializer) saved.add(name);
    const ref = initializer ? e.initializer(initializer, name) : e.input(name, given, dims(name));
    return standsForReal(given) && given !== 'float32' ? e.cast(ref, 'float32') : ref;
  };
  return {
    saved,
    dims,
    type,
    ref(name) {
      const ref = refs.get(name) ?? bring(name);
      refs.set(name, ref);
      return ref;
    },
    value(name) {
      const initializer = model.graph.initializers.get(name);
      const values = facts.values.get(name) ?? (initializer && tensorValues(initializer));
      if (!values)
        throw new CamError('UNSUPPORTED_MODEL', `The contents of the value "${name}" are not known.`);
      return values;
    },
    constant(name) {
      const initializer = model.graph.initializers.get(name);
      return initializer && !initializer.external ? tensorValues(initializer) : undefined;
    },
  };
}

export interface NodeFlow {
  readonly cotangents: readonly (Ref | undefined)[];
  readonly wanted: readonly boolean[];
}

export function contextOf(model: Model, node: Node, forward: Forward, e: Emitter, flow: NodeFlow): Context {
  const { inputs, outputs, attributes } = node;
  const domain = node.op.slice(0, Math.max(0, node.op.lastIndexOf('.')));
  const attribute = (name: string) => attributes.get(name);
  const read = <T>(name: string, kind: string, otherwise: T): T => {
    const value = attribute(name);
    return typeof value === kind ? (value as T) : otherwise;
  };
  return {
    node,
    e,
    opset: model.opsets.get(domain) ?? 1,
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
    cotangent: (index) => flow.cotangents[index],
    has: (index) => Boolean(inputs[index]),
    wants: (index) => Boolean(flow.wanted[index]),
    inputDims: (index) => forward.dims(inputs[index]),
    outputDims: (index) => forward.dims(outputs[index]),
    inputType: (index) => forward.type(inputs[index]),
    outputType: (index) => forward.type(outputs[index]),
    value: (index) => forward.value(inputs[index]),
    constant: (index) => forward.constant(inputs[index]),
    attribute,
    int: (name, otherwise) => read(name, 'number', otherwise),
    float: (name, otherwise) => read(name, 'number', otherwise),
    ints: (name) => read<readonly number[] | undefined>(name, 'object', undefined),
    text: (name, otherwise) => read(name, 'string', otherwise),
    unsupported(what) {
      throw new CamError(
        'UNSUPPORTED_OPERATOR',
        `The ${node.op} node ${label(node)} has no gradient: ${what}. Choose a later layer, or a method that needs no gradient.`,
      );
    },
  };
}

export const label = (node: Node): string => `"${node.name || node.outputs[0]}"`;

export const zeros = (e: Emitter, dims: readonly number[]): Ref => e.expand(e.scalar(0), dims);

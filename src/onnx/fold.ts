import { ownValue } from '../table.ts';
import { DATA_TYPES } from './data-type.ts';
import { type GraphNode, type Initializer, isGraph, type Model } from './model.ts';
import { readModel } from './read.ts';
import { fields, MessageWriter, utf8 } from './wire.ts';

/** A constant tensor; integers that a Cast made float32 stay as they are until they are needed. */
interface Constant {
  readonly dims: readonly number[];
  readonly data: Float32Array | Int8Array | Uint8Array;
  readonly isFloat: boolean;
}

/**
 * The model with weights that it stores in fewer bytes as the float32 that they stand for: Cast of int8 or uint8, and
 * Mul, of initializers alone. Everything else then sees plain weights. onnxruntime would compute the same numbers for
 * every session, which takes it more time and memory. Others, as DequantizeLinear, are left to it: it fuses them.
 * @param room spare bytes after those of the folded model.
 */
export function foldWeights(model: Model, room: number): Model {
  const { nodes, initializers, outputs } = model.graph;
  // Subgraphs may use any value; inputs may replace initializers.
  if (nodes.some(({ attributes }) => [...attributes.values()].some(isGraph))) return model;
  const kept = new Set([...outputs.map(({ name }) => name), ...declaredInputs(model.bytes)]);
  const found = new Map<string, Constant>();
  const constant = (name: string): Constant | undefined => {
    const initializer = kept.has(name) ? undefined : initializers.get(name);
    return found.get(name) ?? (initializer && plainConstant(initializer));
  };
  const folded = new Set<GraphNode>();
  for (const node of nodes) {
    const [name] = node.outputs;
    const value = kept.has(name) ? undefined : ownValue(FOLDS, node.op)?.(node, constant);
    if (!value) continue;
    found.set(name, value);
    folded.add(node);
  }
  if (folded.size === 0) return model;
  const used = new Set(nodes.filter((node) => !folded.has(node)).flatMap(({ inputs }) => inputs));
  const weights = [...found].filter(([name]) => used.has(name));
  const gone = new Set([...folded].flatMap(({ inputs }) => inputs).filter((name) => !used.has(name)));
  const protos = new Set([...folded].map(({ proto }) => proto.byteOffset));
  return readModel(
    rewritten(
      model.bytes,
      weights,
      (id, bytes) => {
        if (id === NODE) return protos.has(bytes.byteOffset);
        return id === INITIALIZER && gone.has(nameOf(bytes));
      },
      room,
    ),
    room,
  );
}

const GRAPH = 7; // ModelProto.graph
const NODE = 1; // GraphProto.node
const INITIALIZER = 5; // GraphProto.initializer
const INPUT = 11; // GraphProto.input
const RAW_DATA = 9; // TensorProto.raw_data

type Fold = (node: GraphNode, constant: (name: string) => Constant | undefined) => Constant | undefined;

const FOLDS: Readonly<Partial<Record<string, Fold>>> = {
  Cast({ inputs: [name], attributes }, constant) {
    const value = DATA_TYPES[Number(attributes.get('to'))] === 'float32' ? constant(name) : undefined;
    return value && { ...value, isFloat: true };
  },
  Mul({ inputs }, constant) {
    const [a, b] = inputs.map(constant);
    return a?.isFloat && b?.isFloat ? (scaled(a, b) ?? scaled(b, a)) : undefined;
  },
};

/** Each number times the only one in `scale`, or that of its entry on the first axis. */
function scaled({ dims, data }: Constant, scale: Constant): Constant | undefined {
  const single = scale.data.length === 1 && scale.dims.length <= dims.length;
  const perRow =
    scale.dims.length === dims.length && scale.dims.every((size, axis) => size === (axis > 0 ? 1 : dims[0]));
  if (!single && !perRow) return undefined;
  const out = new Float32Array(data.length);
  const length = data.length / scale.data.length;
  for (const [row, factor] of scale.data.entries())
    for (let at = row * length; at < (row + 1) * length; at++) out[at] = data[at] * factor;
  return { dims, data: out, isFloat: true };
}

/** The contents of an initializer in raw bytes. */
function plainConstant({ type, dims, proto, external }: Initializer): Constant | undefined {
  const view = VIEWS[type];
  const raw = [...fields(proto)].find(({ id }) => id === RAW_DATA)?.bytes;
  const isFloat = type === 'float32';
  // A damaged one, which onnxruntime will tell, has another length than its shape.
  const length = dims.reduce((count, size) => count * size, isFloat ? 4 : 1);
  return view && raw?.length === length && !external ? { dims, data: view(raw), isFloat } : undefined;
}

const VIEWS: Readonly<Partial<Record<string, (raw: Uint8Array) => Constant['data']>>> = {
  float32: (raw) => new Float32Array(new Uint8Array(raw).buffer), // a copy, since it may stand anywhere
  int8: (raw) => new Int8Array(raw.buffer, raw.byteOffset, raw.length),
  uint8: (raw) => raw,
};

function declaredInputs(model: Uint8Array): string[] {
  const graphs = [...fields(model)].filter(({ id }) => id === GRAPH);
  const inputs = graphs.flatMap(({ bytes }) => [...fields(bytes)].filter(({ id }) => id === INPUT));
  return inputs.map(({ bytes }) => nameOf(bytes, 1));
}

/** The name in a TensorProto, or in the field `at` of another message. */
const nameOf = (bytes: Uint8Array, at = 8): string => {
  for (const { id, bytes: text } of fields(bytes)) if (id === at) return utf8(text);
  return '';
};

/** The model's bytes without the fields of its graph that are left out, and with other weights. */
function rewritten(
  model: Uint8Array,
  weights: readonly (readonly [name: string, value: Constant])[],
  leavesOut: (id: number, bytes: Uint8Array) => boolean,
  room: number,
): Uint8Array {
  const whole = new MessageWriter();
  let added = weights;
  for (const part of fields(model)) {
    if (part.id !== GRAPH) {
      if (part.wire === 2) whole.bytesField(part.id, part.bytes);
      else whole.int(part.id, part.number);
      continue;
    }
    const graph = new MessageWriter();
    for (const { id, bytes } of fields(part.bytes)) if (!leavesOut(id, bytes)) graph.bytesField(id, bytes);
    for (const [name, value] of added) graph.message(INITIALIZER, tensorOf(name, value));
    added = [];
    whole.message(GRAPH, graph);
  }
  return whole.bytes(room);
}

function tensorOf(name: string, { dims, data }: Constant): MessageWriter {
  const tensor = new MessageWriter();
  for (const size of dims) tensor.int(1, size);
  const { buffer, byteOffset, byteLength } = data instanceof Float32Array ? data : Float32Array.from(data);
  return tensor
    .int(2, DATA_TYPES.indexOf('float32'))
    .string(8, name)
    .bytesField(RAW_DATA, new Uint8Array(buffer, byteOffset, byteLength));
}

import { ownValue } from '../table.ts';
import { DATA_TYPES } from './data-type.ts';
import { type GraphNode, type Initializer, isGraph, type Model } from './model.ts';
import { readModel } from './read.ts';
import { GRAPH, NODE } from './tap.ts';
import { fields, MessageWriter, utf8 } from './wire.ts';

/** A model with its folded weights in an external file, which only exists in memory. */
export interface Folded {
  readonly model: Model;
  /** Undefined if there was nothing to fold. */
  readonly weights: { readonly path: string; readonly data: Uint8Array } | undefined;
}

/**
 * Makes weights that a model stores in fewer bytes the float32 that they stand for: Cast of int8 or uint8, and Mul, of
 * initializers alone. Everything else then sees plain weights. onnxruntime would compute the same numbers for every
 * session, which takes it more time and memory; an external file it need not copy twice. Other operators, as
 * DequantizeLinear, are left to it: it fuses them.
 * @param room spare bytes after those of the folded model.
 */
export function foldWeights(model: Model, room: number): Folded {
  const { nodes, initializers, outputs } = model.graph;
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
  const isNested = nodes.some(({ attributes }) => [...attributes.values()].some(isGraph)); // may use any value
  if (folded.size === 0 || isNested) return { model, weights: undefined };
  const used = new Set(nodes.filter((node) => !folded.has(node)).flatMap(({ inputs }) => inputs));
  const gone = new Set([...folded].flatMap(({ inputs }) => inputs).filter((name) => !used.has(name)));
  const protos = new Set([...folded].map(({ proto }) => proto.byteOffset));
  const { data, tensors } = inOneFile(new Map([...found].filter(([name]) => used.has(name))));
  const bytes = rewritten(
    model.bytes,
    (id, field) =>
      (id === NODE && protos.has(field.byteOffset)) || (id === INITIALIZER && gone.has(nameIn(field))),
    tensors,
  );
  return { model: readModel(bytes.bytes(room), room), weights: { path: FILE, data } };
}

const FILE = 'camwasm.weights';

const INITIALIZER = 5; // GraphProto.initializer
const INPUT = 11; // GraphProto.input
const RAW_DATA = 9; // TensorProto.raw_data

/** A constant tensor, whose numbers are computed when they are needed. */
interface Constant {
  readonly dims: readonly number[];
  readonly isFloat: boolean;
  readonly fill: (out: Float32Array) => void;
}

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
function scaled({ dims, fill }: Constant, scale: Constant): Constant | undefined {
  const count = numbersIn(scale.dims);
  const single = count === 1 && scale.dims.length <= dims.length;
  const perRow =
    scale.dims.length === dims.length && scale.dims.every((size, axis) => size === (axis > 0 ? 1 : dims[0]));
  if (!single && !perRow) return undefined;
  return {
    dims,
    isFloat: true,
    fill(out) {
      const factors = new Float32Array(count);
      fill(out);
      scale.fill(factors);
      const length = out.length / count;
      for (let row = 0, at = 0; row < count; row++)
        for (const end = at + length; at < end; at++) out[at] *= factors[row];
    },
  };
}

/** An initializer in raw bytes. */
function plainConstant({ type, dims, proto, external }: Initializer): Constant | undefined {
  const view = VIEWS[type];
  const raw = [...fields(proto)].find(({ id }) => id === RAW_DATA)?.bytes;
  const isFloat = type === 'float32';
  // A damaged one, which onnxruntime will tell, has another length than its shape.
  const length = dims.reduce((count, size) => count * size, isFloat ? 4 : 1);
  if (!view || raw?.length !== length || external) return undefined;
  return { dims, isFloat, fill: (out) => out.set(view(raw)) };
}

const VIEWS: Readonly<Partial<Record<string, (raw: Uint8Array) => ArrayLike<number>>>> = {
  float32: (raw) => new Float32Array(new Uint8Array(raw).buffer), // a copy, since it may stand anywhere
  int8: (raw) => new Int8Array(raw.buffer, raw.byteOffset, raw.length),
  uint8: (raw) => raw,
};

const numbersIn = (dims: readonly number[]): number => dims.reduce((a, b) => a * b, 1);

/** Bytes from which a tensor is external, as in PyTorch: onnxruntime reads small ones while it optimizes. */
const EXTERNAL_BYTES = 1024;

/** Constants as tensors: the large ones one after the other in a file (https://onnx.ai/onnx/repo-docs/ExternalData.html). */
function inOneFile(constants: ReadonlyMap<string, Constant>): { data: Uint8Array; tensors: MessageWriter[] } {
  const isLarge = ({ dims }: Constant) => numbersIn(dims) * Float32Array.BYTES_PER_ELEMENT >= EXTERNAL_BYTES;
  const large = [...constants.values()].filter(isLarge);
  const numbers = new Float32Array(large.reduce((sum, { dims }) => sum + numbersIn(dims), 0));
  let start = 0;
  const tensors = [...constants].map(([name, constant]) => {
    const { dims, fill } = constant;
    const tensor = new MessageWriter();
    for (const size of dims) tensor.int(1, size);
    tensor.int(2, DATA_TYPES.indexOf('float32')).string(8, name);
    if (!isLarge(constant)) {
      const part = new Float32Array(numbersIn(dims));
      fill(part);
      return tensor.bytesField(RAW_DATA, new Uint8Array(part.buffer));
    }
    const part = numbers.subarray(start, (start += numbersIn(dims)));
    fill(part);
    for (const [key, value] of [
      ['location', FILE],
      ['offset', String(part.byteOffset)],
      ['length', String(part.byteLength)],
    ])
      tensor.message(13, new MessageWriter().string(1, key).string(2, value));
    return tensor.int(14, 1);
  });
  return { data: new Uint8Array(numbers.buffer), tensors };
}

function declaredInputs(model: Uint8Array): string[] {
  const graphs = [...fields(model)].filter(({ id }) => id === GRAPH);
  const inputs = graphs.flatMap(({ bytes }) => [...fields(bytes)].filter(({ id }) => id === INPUT));
  return inputs.map(({ bytes }) => nameIn(bytes, 1));
}

/** The name in a TensorProto, or in the field `at` of another message. */
const nameIn = (bytes: Uint8Array, at = 8): string => {
  for (const { id, bytes: text } of fields(bytes)) if (id === at) return utf8(text);
  return '';
};

/** The model without the fields of its graph that are left out, and with other tensors. */
function rewritten(
  model: Uint8Array,
  leavesOut: (id: number, bytes: Uint8Array) => boolean,
  tensors: readonly MessageWriter[],
): MessageWriter {
  const whole = new MessageWriter();
  let added = tensors;
  for (const part of fields(model)) {
    if (part.id !== GRAPH) {
      if (part.wire === 2) whole.bytesField(part.id, part.bytes);
      else whole.int(part.id, part.number);
      continue;
    }
    const graph = new MessageWriter();
    for (const { id, bytes } of fields(part.bytes)) if (!leavesOut(id, bytes)) graph.bytesField(id, bytes);
    for (const tensor of added) graph.message(INITIALIZER, tensor);
    added = [];
    whole.message(GRAPH, graph);
  }
  return whole;
}

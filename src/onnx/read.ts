import { CamError } from '../errors.ts';
import { DATA_TYPES, type DataType } from './data-type.ts';
import {
  type Attribute,
  type ExternalData,
  type Graph,
  type GraphNode,
  type Initializer,
  isInitializer,
  type Model,
  type ValueInfo,
} from './model.ts';
import { type MadeType, makeTensor } from './tensor.ts';
import { type Field, fields, floats, utf8, varints } from './wire.ts';

/**
 * Parses a ModelProto (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto), without its weights. Every `proto` in
 * the result is a view of `bytes`, which must not change afterwards.
 * @param room spare bytes after `bytes` in its buffer, for camwasm to write to.
 * @throws {CamError} BAD_MODEL when the bytes are not an ONNX model, or are truncated.
 */
export function readModel(bytes: Uint8Array, room = 0): Model {
  try {
    return { ...model(bytes), room };
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new CamError(
      'BAD_MODEL',
      `This is not an ONNX model, or it is truncated (${cause.message}). Check that the download or export was complete.`,
      { cause },
    );
  }
}

function model(bytes: Uint8Array): Omit<Model, 'room'> {
  let irVersion = 0;
  const opsets = new Map<string, number>();
  const graphs: Uint8Array[] = [];
  const functions = new Set<string>();
  const metadata = new Map<string, string>();
  for (const field of fields(bytes)) {
    if (field.id === 1) irVersion = field.number;
    else if (field.id === 7) graphs.push(field.bytes);
    else if (field.id === 8) opsets.set(...opset(field.bytes));
    else if (field.id === 14) metadata.set(...stringEntry(field.bytes));
    else if (field.id === 25) functions.add(functionName(field.bytes));
  }
  if (graphs.length === 0) throw new RangeError('it has no graph');
  // Protobuf merges a message field that occurs twice: its repeated fields are concatenated.
  const parsed = graph(graphs.flatMap((part) => [...fields(part)]));
  if (parsed.nodes.length === 0) throw new RangeError('its graph has no nodes');
  return {
    bytes,
    irVersion,
    opsets,
    graph: parsed,
    functions,
    metadata,
    added: [],
    externalFiles: externalFiles(parsed),
    external: new Map(),
  };
}

function opset(bytes: Uint8Array): [string, number] {
  let domain = '';
  let version = 1;
  for (const field of fields(bytes)) {
    if (field.id === 1) domain = utf8(field.bytes);
    else if (field.id === 2) version = field.number;
  }
  return [domain === 'ai.onnx' ? '' : domain, version];
}

function functionName(bytes: Uint8Array): string {
  let [name, domain] = ['', ''];
  for (const field of fields(bytes)) {
    if (field.id === 1) name = utf8(field.bytes);
    else if (field.id === 10) domain = utf8(field.bytes);
  }
  return qualified(domain, name);
}

const qualified = (domain: string, op: string): string =>
  domain === '' || domain === 'ai.onnx' ? op : `${domain}.${op}`;

function graph(parts: readonly Field[]): Graph {
  const nodes: GraphNode[] = [];
  const inputs: ValueInfo[] = [];
  const outputs: ValueInfo[] = [];
  const initializers = new Map<string, Initializer>();
  for (const field of parts) {
    if (field.id === 1) {
      const parsed = readNode(field.bytes);
      const value = constantOf(parsed);
      if (value) initializers.set(value.name, value);
      else nodes.push(parsed);
    } else if (field.id === 5) {
      const tensor = readTensor(field.bytes);
      initializers.set(tensor.name, tensor);
    } else if (field.id === 11) inputs.push(valueInfo(field.bytes));
    else if (field.id === 12) outputs.push(valueInfo(field.bytes));
  }
  return { nodes, inputs: inputs.filter(({ name }) => !initializers.has(name)), outputs, initializers };
}

/** Types of the numbers of a Constant, by attribute. */
const CONSTANT_NUMBERS: ReadonlyMap<string, MadeType> = new Map([
  ['value_float', 'float32'],
  ['value_floats', 'float32'],
  ['value_int', 'int64'],
  ['value_ints', 'int64'],
]);

/**
 * Converts a Constant node to an initializer, so that there is one kind of constant. Undefined for sparse tensors,
 * strings and damaged nodes, which are left to onnxruntime.
 */
export function constantOf({ op, outputs: [name], attributes }: GraphNode): Initializer | undefined {
  if (op !== 'Constant' || !name || attributes.size !== 1) return undefined;
  const [[kind, value]] = attributes;
  if (isInitializer(value)) return { ...value, name };
  const type = CONSTANT_NUMBERS.get(kind);
  if (type === undefined) return undefined;
  if (typeof value === 'number') return makeTensor(name, type, [], [value]);
  return isNumbers(value) ? makeTensor(name, type, [value.length], value) : undefined;
}

const isNumbers = (value: Attribute): value is readonly number[] =>
  Array.isArray(value) && value.every((item) => typeof item === 'number');

/** Parses a NodeProto. */
export function readNode(bytes: Uint8Array): GraphNode {
  const inputs: string[] = [];
  const outputs: string[] = [];
  const attributes = new Map<string, Attribute>();
  const metadata = new Map<string, string>();
  let [name, op, domain] = ['', '', ''];
  for (const field of fields(bytes)) {
    if (field.id === 1) inputs.push(utf8(field.bytes));
    else if (field.id === 2) outputs.push(utf8(field.bytes));
    else if (field.id === 3) name = utf8(field.bytes);
    else if (field.id === 4) op = utf8(field.bytes);
    else if (field.id === 5) {
      const [key, value] = attribute(field.bytes);
      if (value !== undefined) attributes.set(key, value);
    } else if (field.id === 7) domain = utf8(field.bytes);
    else if (field.id === 9) metadata.set(...stringEntry(field.bytes));
  }
  return { op: qualified(domain, op), name, inputs, outputs, attributes, metadata, proto: bytes };
}

/** AttributeProto.AttributeType by number. */
const LISTS = { 6: 'floats', 7: 'ints', 8: 'strings' } as const;

function attribute(bytes: Uint8Array): [string, Attribute | undefined] {
  let name = '';
  let type = 0;
  let single: Attribute | undefined;
  const numbers: number[] = [];
  const strings: string[] = [];
  for (const field of fields(bytes)) {
    if (field.id === 1) name = utf8(field.bytes);
    else if (field.id === 2 || field.id === 3) single = field.number;
    else if (field.id === 4) single = utf8(field.bytes);
    else if (field.id === 5) single = readTensor(field.bytes);
    else if (field.id === 6) single = graph([...fields(field.bytes)]);
    else if (field.id === 7) for (const value of floats(field)) numbers.push(value);
    else if (field.id === 8) for (const value of varints(field)) numbers.push(value);
    else if (field.id === 9) strings.push(utf8(field.bytes));
    else if (field.id === 20) type = field.number;
  }
  const list = LISTS[type as keyof typeof LISTS] as (typeof LISTS)[keyof typeof LISTS] | undefined;
  if (list === 'strings' || strings.length > 0) return [name, strings];
  if (list !== undefined || numbers.length > 0) return [name, numbers];
  // proto3 omits zeros: an attribute of type FLOAT, INT or STRING without a value is zero or empty.
  return [name, single ?? { 1: 0, 2: 0, 3: '' }[type]];
}

function readTensor(bytes: Uint8Array): Initializer {
  const dims: number[] = [];
  let type: DataType = 'undefined';
  let name = '';
  let isExternal = false;
  const place = new Map<string, string>();
  for (const field of fields(bytes)) {
    if (field.id === 1) dims.push(...varints(field));
    else if (field.id === 2) type = dataType(field.number) ?? 'undefined';
    else if (field.id === 8) name = utf8(field.bytes);
    else if (field.id === 13) place.set(...stringEntry(field.bytes));
    else if (field.id === 14) isExternal = field.number === 1;
  }
  return { name, type, dims, proto: bytes, external: isExternal ? externalOf(place) : undefined };
}

const dataType = (code: number): DataType | undefined => DATA_TYPES[code] as DataType | undefined;

function valueInfo(bytes: Uint8Array): ValueInfo {
  let name = '';
  let type: DataType | undefined;
  let dims: (number | string)[] | undefined;
  for (const field of fields(bytes)) {
    if (field.id === 1) name = utf8(field.bytes);
    if (field.id !== 2) continue;
    for (const kind of fields(field.bytes)) {
      if (kind.id !== 1) continue; // sequences, maps and optionals have no tensor type
      for (const part of fields(kind.bytes)) {
        if (part.id === 1) type = dataType(part.number);
        else if (part.id === 2) dims = [...fields(part.bytes)].filter(({ id }) => id === 1).map(dimension);
      }
    }
  }
  return { name, type, dims, proto: bytes };
}

function dimension(field: Field): number | string {
  for (const part of fields(field.bytes)) {
    if (part.id === 1) return part.number < 0 ? '' : part.number; // -1 is open, as in onnxruntime
    if (part.id === 2) return utf8(part.bytes);
  }
  return '';
}

/** A StringStringEntryProto. */
function stringEntry(bytes: Uint8Array): [key: string, value: string] {
  const entry: [string, string] = ['', ''];
  for (const { id, bytes: text } of fields(bytes)) if (id === 1 || id === 2) entry[id - 1] = utf8(text);
  return entry;
}

const externalOf = (place: ReadonlyMap<string, string>): ExternalData => ({
  location: place.get('location') ?? '',
  offset: Number(place.get('offset') ?? 0),
  length: place.has('length') ? Number(place.get('length')) : undefined,
});

/** Relative paths of external data files. */
function externalFiles({ initializers, nodes }: Graph): string[] {
  const attributes = nodes.flatMap((node) => [...node.attributes.values()]);
  const tensors = [...initializers.values(), ...attributes.filter(isInitializer)];
  return [...new Set(tensors.flatMap(({ external }) => external?.location ?? []))];
}

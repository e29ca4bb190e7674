import { InternalError } from '../errors.ts';
import { type DataType, dataTypeCode } from './data-type.ts';
import type { Initializer } from './model.ts';
import { makeTensor } from './tensor.ts';
import { MessageWriter } from './wire.ts';

/** The name of a value in the graph under construction. */
export type Ref = string;

/** An input of an emitted node: a value, a float scalar, or '' for an omitted optional input. */
export type Operand = Ref | number;

export type AttributeValue =
  | number
  | string
  | readonly number[]
  | { readonly float: number }
  | { readonly floats: readonly number[] }
  | { readonly strings: readonly string[] }
  | { readonly graph: MessageWriter }
  | Pick<Initializer, 'proto'>;

/** Options of a matrix product. */
export interface Product {
  readonly alpha?: number;
  readonly transA?: boolean;
  readonly transB?: boolean;
}

/** Opset of every emitted graph: the first where all reductions take axes as inputs and scatter takes reductions. */
export const EMITTED_OPSET = 18;
const EMITTED_IR = 9;

/**
 * Builds an ONNX graph node by node. Each method appends nodes and returns the name of the result; number operands
 * become float32 scalars. Shapes are left to ONNX's inference.
 */
export class Emitter {
  readonly #graph = new MessageWriter();
  readonly #constants = new Map<string, Ref>();
  readonly #known = new Set<string>();
  #count = 0;
  readonly #prefix: string;

  /** @param prefix start of every new value's name; other names must not start with it. */
  constructor(prefix = '∂') {
    this.#prefix = prefix;
  }

  // ----- building blocks -----

  /** A node of any operator. With `outputs`, returns that many refs. */
  op(op: string, inputs: readonly Operand[], attributes?: Record<string, AttributeValue>): Ref;
  op(
    op: string,
    inputs: readonly Operand[],
    attributes: Record<string, AttributeValue>,
    outputs: number,
  ): Ref[];
  op(
    op: string,
    inputs: readonly Operand[],
    attributes: Record<string, AttributeValue> = {},
    outputs?: number,
  ): Ref | Ref[] {
    const names = Array.from({ length: outputs ?? 1 }, () => `${this.#prefix}${this.#count++}`);
    const refs = inputs.map((input) => (typeof input === 'number' ? this.scalar(input) : input));
    this.#graph.message(1, nodeProto(op, refs, names, attributes));
    return outputs === undefined ? names[0] : names;
  }

  scalar(value: number): Ref {
    return this.constant('float32', [], [value]);
  }

  /** A constant tensor. Equal tensors are stored once. */
  constant(type: 'float32' | 'int64' | 'bool', dims: readonly number[], values: ArrayLike<number>): Ref {
    const key = `${type}[${dims.join()}]${Array.from(values, (v) => (Object.is(v, -0) ? '-0' : v)).join()}`;
    let name = this.#constants.get(key);
    if (name === undefined) {
      name = `${this.#prefix}${this.#count++}`;
      this.#constants.set(key, name);
      this.#graph.bytesField(5, makeTensor(name, type, dims, values).proto);
    }
    return name;
  }

  /** int64 [n]: shapes, axes, pads. */
  ints(values: readonly number[]): Ref {
    return this.constant('int64', [values.length], values);
  }

  /** Copies a tensor of the model, byte for byte, by default under its original name. */
  initializer(tensor: Initializer, name: string = tensor.name): Ref {
    if (this.#known.has(name)) return name;
    this.#known.add(name);
    // If a field occurs twice, the last one counts.
    this.#graph.message(5, new MessageWriter().raw(tensor.proto).string(8, name));
    return name;
  }

  /** Copies a node of the model, byte for byte. */
  copyNode(proto: Uint8Array): void {
    this.#graph.bytesField(1, proto);
  }

  input(name: string, type: DataType, dims: readonly (number | string)[]): Ref {
    if (this.#known.has(name)) return name;
    this.#known.add(name);
    this.#graph.message(11, valueInfoProto(name, type, dims));
    return name;
  }

  /** Makes a value an output of the graph under this name. */
  output(value: Ref, name: string): void {
    this.alias(value, name);
    this.outputValue(name);
  }

  /** Gives a value another name. */
  alias(value: Ref, name: string): void {
    this.#graph.message(1, new MessageWriter().string(1, value).string(2, name).string(4, 'Identity'));
  }

  outputValue(name: string): void {
    this.#graph.message(12, new MessageWriter().string(1, name));
  }

  /** The ModelProto. `opsets` defaults to that of the methods below. */
  bytes(opsets: ReadonlyMap<string, number> = EMITTED_OPSETS, irVersion: number = EMITTED_IR): Uint8Array {
    const model = new MessageWriter().int(1, irVersion).string(2, 'camwasm');
    model.message(7, this.#graph.string(2, 'camwasm'));
    for (const [domain, version] of opsets)
      model.message(8, new MessageWriter().string(1, domain).int(2, version));
    return model.bytes();
  }

  // ----- arithmetic -----

  add(a: Operand, b: Operand): Ref {
    return this.op('Add', [a, b]);
  }
  sub(a: Operand, b: Operand): Ref {
    return this.op('Sub', [a, b]);
  }
  mul(a: Operand, b: Operand): Ref {
    return this.op('Mul', [a, b]);
  }
  div(a: Operand, b: Operand): Ref {
    return this.op('Div', [a, b]);
  }
  pow(a: Operand, b: Operand): Ref {
    return this.op('Pow', [a, b]);
  }
  neg(a: Operand): Ref {
    return this.op('Neg', [a]);
  }
  exp(a: Operand): Ref {
    return this.op('Exp', [a]);
  }
  log(a: Operand): Ref {
    return this.op('Log', [a]);
  }
  sqrt(a: Operand): Ref {
    return this.op('Sqrt', [a]);
  }
  tanh(a: Operand): Ref {
    return this.op('Tanh', [a]);
  }
  sigmoid(a: Operand): Ref {
    return this.op('Sigmoid', [a]);
  }
  sign(a: Operand): Ref {
    return this.op('Sign', [a]);
  }
  abs(a: Operand): Ref {
    return this.op('Abs', [a]);
  }
  /** α·op(a)·op(b), where op is the identity or transposes the last two axes. */
  matmul(a: Ref, b: Ref, { alpha = 1, transA = false, transB = false }: Product = {}): Ref {
    return this.op('com.microsoft.FusedMatMul', [a, b], {
      alpha: { float: alpha },
      transA: Number(transA),
      transB: Number(transB),
    });
  }

  // ----- conditions -----

  greater(a: Operand, b: Operand): Ref {
    return this.op('Greater', [a, b]);
  }
  less(a: Operand, b: Operand): Ref {
    return this.op('Less', [a, b]);
  }
  equal(a: Operand, b: Operand): Ref {
    return this.op('Equal', [a, b]);
  }
  and(a: Ref, b: Ref): Ref {
    return this.op('And', [a, b]);
  }
  where(condition: Ref, a: Operand, b: Operand): Ref {
    return this.op('Where', [condition, a, b]);
  }
  cast(a: Ref, to: DataType): Ref {
    return this.op('Cast', [a], { to: dataTypeCode(to) });
  }

  // ----- shape -----

  reshape(a: Ref, dims: readonly number[]): Ref {
    return this.op('Reshape', [a, this.ints(dims)], { allowzero: 1 });
  }
  transpose(a: Ref, perm: readonly number[]): Ref {
    return this.op('Transpose', [a], { perm });
  }
  expand(a: Operand, dims: readonly number[]): Ref {
    return this.op('Expand', [a, this.ints(dims)]);
  }
  zeros(dims: readonly number[]): Ref {
    return this.expand(this.scalar(0), dims);
  }
  concat(parts: readonly Ref[], axis: number): Ref {
    return parts.length === 1 ? parts[0] : this.op('Concat', parts, { axis });
  }
  split(a: Ref, sizes: readonly number[], axis: number): Ref[] {
    return this.op('Split', [a, this.ints(sizes)], { axis }, sizes.length);
  }
  /** From `start` up to `end` (exclusive) along each of `axes`. */
  slice(
    a: Ref,
    starts: readonly number[],
    ends: readonly number[],
    axes: readonly number[],
    steps: readonly number[] = axes.map(() => 1),
  ): Ref {
    return this.op('Slice', [a, this.ints(starts), this.ints(ends), this.ints(axes), this.ints(steps)]);
  }
  /** Zero padding: all begins, then all ends. Negative numbers crop. */
  pad(a: Ref, pads: readonly number[]): Ref {
    return pads.every((n) => n === 0) ? a : this.op('Pad', [a, this.ints(pads), this.scalar(0)]);
  }
  /** Slices along an axis, by constant indices. */
  gather(a: Ref, indices: Ref, axis: number): Ref {
    return this.op('Gather', [a, indices], { axis });
  }

  // ----- loops -----

  /**
   * Steps along the first axis of all `sequences`, backward if `reverse`. `step` receives the states and one slice of
   * each sequence, emits into the loop's body, and returns the next states and one slice of each result. Returns the
   * final states and the results, stacked in the order of the sequences.
   */
  scan(
    states: readonly Ref[],
    sequences: readonly Ref[],
    reverse: boolean,
    step: (
      body: Emitter,
      states: Ref[],
      slices: Ref[],
    ) => { states: readonly Ref[]; results: readonly Ref[] },
  ): { states: Ref[]; results: Ref[] } {
    const body = new Emitter(`${this.#prefix}${this.#count++}:`);
    const inputs = [...states, ...sequences].map((_, index) => `${body.#prefix}in${index}`);
    for (const name of inputs) body.#graph.message(11, new MessageWriter().string(1, name));
    const next = step(body, inputs.slice(0, states.length), inputs.slice(states.length));
    [...next.states, ...next.results].forEach((ref, index) => body.output(ref, `${body.#prefix}out${index}`));
    const directions = (list: readonly Ref[]) => list.map(() => Number(reverse));
    const outputs = this.op(
      'Scan',
      [...states, ...sequences],
      {
        body: { graph: body.#graph.string(2, 'step') },
        num_scan_inputs: sequences.length,
        scan_input_directions: directions(sequences),
        scan_output_directions: directions(next.results),
      },
      states.length + next.results.length,
    );
    return { states: outputs.slice(0, states.length), results: outputs.slice(states.length) };
  }

  // ----- reductions -----

  reduceSum(a: Ref, axes: readonly number[], keepdims = true): Ref {
    return axes.length === 0 ? a : this.op('ReduceSum', [a, this.ints(axes)], { keepdims: Number(keepdims) });
  }
  /** Sums a value of shape `from` to shape `to`, which broadcasts to `from` as in NumPy. */
  sumTo(a: Ref, from: readonly number[], to: readonly number[]): Ref {
    const lead = from.length - to.length;
    const axes = from
      .map((_, axis) => axis)
      .filter((axis) => axis < lead || (to[axis - lead] === 1 && from[axis] !== 1));
    const summed = this.reduceSum(a, axes);
    return lead > 0 ? this.reshape(summed, to) : summed;
  }
  reduceMean(a: Ref, axes: readonly number[], keepdims = true): Ref {
    return axes.length === 0
      ? a
      : this.op('ReduceMean', [a, this.ints(axes)], { keepdims: Number(keepdims) });
  }
}

const EMITTED_OPSETS: ReadonlyMap<string, number> = new Map([
  ['', EMITTED_OPSET],
  ['com.microsoft', 1],
]);

/** A NodeProto; the operator is prefixed with its domain unless that is ONNX. */
export function nodeProto(
  op: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes: Readonly<Record<string, AttributeValue>> = {},
): MessageWriter {
  const node = new MessageWriter();
  for (const name of inputs) node.string(1, name);
  for (const name of outputs) node.string(2, name);
  const dot = op.lastIndexOf('.');
  node.string(4, op.slice(dot + 1));
  for (const [key, value] of Object.entries(attributes)) node.message(5, attributeProto(key, value));
  if (dot > 0) node.string(7, op.slice(0, dot));
  return node;
}

function attributeProto(name: string, value: AttributeValue): MessageWriter {
  const message = new MessageWriter().string(1, name);
  if (typeof value === 'string') return message.bytesField(4, new TextEncoder().encode(value)).int(20, 3);
  if (typeof value === 'number') {
    if (!Number.isInteger(value))
      throw new InternalError(`The attribute ${name} = ${value} must be passed as { float }.`);
    return message.int(3, value).int(20, 2);
  }
  if ('proto' in value) return message.bytesField(5, value.proto).int(20, 4);
  if ('graph' in value) return message.message(6, value.graph).int(20, 5);
  if ('strings' in value) {
    for (const item of value.strings) message.string(9, item);
    return message.int(20, 8);
  }
  if ('float' in value) return message.float(2, value.float).int(20, 1);
  if ('floats' in value) {
    for (const item of value.floats) message.float(7, item);
    return message.int(20, 6);
  }
  for (const item of value) message.int(8, item);
  return message.int(20, 7);
}

function valueInfoProto(name: string, type: DataType, dims: readonly (number | string)[]): MessageWriter {
  const shape = new MessageWriter();
  for (const size of dims) {
    const dim = new MessageWriter();
    shape.message(1, typeof size === 'number' ? dim.int(1, size) : dim.string(2, size));
  }
  const tensor = new MessageWriter().int(1, dataTypeCode(type)).message(2, shape);
  return new MessageWriter().string(1, name).message(2, new MessageWriter().message(1, tensor));
}

import { CamError } from '../errors.ts';
import { type DataType, dataTypeCode } from './data-type.ts';
import type { ExternalFiles, Initializer } from './model.ts';
import { doubles, fields, floats, MessageWriter, varints } from './wire.ts';

type Reader = (view: DataView, at: number) => number;

/** Readers of one element of `raw_data`; width in bytes. */
const RAW: Partial<Record<DataType, readonly [width: number, read: Reader]>> = {
  float32: [4, (v, at) => v.getFloat32(at, true)],
  float64: [8, (v, at) => v.getFloat64(at, true)],
  float16: [2, (v, at) => halfToFloat(v.getUint16(at, true))],
  bfloat16: [2, (v, at) => bfloatToFloat(v.getUint16(at, true))],
  int64: [8, (v, at) => Number(v.getBigInt64(at, true))],
  uint64: [8, (v, at) => Number(v.getBigUint64(at, true))],
  int32: [4, (v, at) => v.getInt32(at, true)],
  uint32: [4, (v, at) => v.getUint32(at, true)],
  int16: [2, (v, at) => v.getInt16(at, true)],
  uint16: [2, (v, at) => v.getUint16(at, true)],
  int8: [1, (v, at) => v.getInt8(at)],
  uint8: [1, (v, at) => v.getUint8(at)],
  bool: [1, (v, at) => v.getUint8(at)],
};

/**
 * Decodes a tensor of the model to plain numbers, row-major. For small tensors (shapes, pads, scales, classifier rows);
 * weights are copied as bytes.
 * @throws {CamError} BAD_MODEL when the data is in a file missing from `files`, or the type is not numeric.
 */
export function tensorValues(tensor: Initializer, files: ExternalFiles = new Map()): number[] {
  const reader = RAW[tensor.type];
  if (!reader) throw unreadable(tensor, `its type is ${tensor.type}`);
  const out: number[] = [];
  const raw = ({ buffer, byteOffset, byteLength }: Uint8Array) => {
    const view = new DataView(buffer, byteOffset, byteLength);
    for (let at = 0; at + reader[0] <= byteLength; at += reader[0]) out.push(reader[1](view, at));
  };
  if (tensor.external) {
    const { location, offset, length } = tensor.external;
    const file = files.get(location);
    if (!file) throw unreadable(tensor, `they are in "${location}". Pass it as \`external\``);
    raw(file.subarray(offset, length === undefined ? undefined : offset + length));
    return out;
  }
  for (const field of fields(tensor.proto)) {
    if (field.id === 9) raw(field.bytes);
    else if (field.id === 4) for (const value of floats(field)) out.push(value);
    else if (field.id === 10) for (const value of doubles(field)) out.push(value);
    else if (field.id === 7 || field.id === 11) for (const value of varints(field)) out.push(value);
    else if (field.id === 5) for (const value of varints(field)) out.push(fromInt32(tensor.type, value));
  }
  return out;
}

const unreadable = ({ name }: Initializer, why: string): CamError =>
  new CamError('BAD_MODEL', `The values of "${name}" cannot be read: ${why}.`);

/** Half-precision values are stored as bit patterns in `int32_data`. */
const fromInt32 = (type: DataType, value: number): number =>
  type === 'float16' ? halfToFloat(value) : type === 'bfloat16' ? bfloatToFloat(value) : value;

/** IEEE 754 binary16 bits to a number. */
export function halfToFloat(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (exponent ? 2 ** (exponent - 15) * (1 + fraction / 1024) : 2 ** -14 * (fraction / 1024));
}

const bfloatToFloat = (bits: number): number => new Float32Array(Uint32Array.of(bits << 16).buffer)[0];

/** Types of tensors that `makeTensor` can encode. */
export type MadeType =
  'float32' | 'float16' | 'int64' | 'int32' | 'int16' | 'uint16' | 'int8' | 'uint8' | 'bool';

const ENCODE_RAW: Readonly<Record<MadeType, (values: ArrayLike<number>) => ArrayBufferView>> = {
  float32: (values) => Float32Array.from(values),
  /** Bit patterns. */
  float16: (values) => Uint16Array.from(values),
  int64: (values) => BigInt64Array.from(Array.from(values, BigInt)),
  int32: (values) => Int32Array.from(values),
  int16: (values) => Int16Array.from(values),
  uint16: (values) => Uint16Array.from(values),
  int8: (values) => Int8Array.from(values),
  uint8: (values) => Uint8Array.from(values),
  bool: (values) => Uint8Array.from(values),
};

export function makeTensor(
  name: string,
  type: MadeType,
  dims: readonly number[],
  values: ArrayLike<number>,
): Initializer {
  const data = ENCODE_RAW[type](values);
  const message = new MessageWriter();
  for (const size of dims) message.int(1, size);
  message.int(2, dataTypeCode(type)).string(8, name);
  message.bytesField(9, new Uint8Array(data.buffer));
  return { name, type, dims, proto: message.bytes(), external: undefined };
}

import { CamError, InternalError } from '../errors.ts';
import type { DataType } from '../onnx/data-type.ts';
import { halfToFloat } from '../onnx/tensor.ts';
import { ownValue } from '../table.ts';

/** Array types of tensor data. */
export type NumericArray =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array;

/** An input or output of a run: row-major, float16 as bit patterns in a Uint16Array. */
export interface Tensor<Data extends NumericArray = NumericArray> {
  readonly type: DataType;
  readonly dims: readonly number[];
  readonly data: Data;
}

/** A float32 tensor: `{ type: 'float32', dims, data }`, row-major. */
export type FloatTensor = Tensor<Float32Array>;

export const floatTensor = (dims: readonly number[], data: Float32Array): FloatTensor => ({
  type: 'float32',
  dims,
  data,
});

/** @throws {InternalError} when there is no tensor of that name. */
export function namedTensor(tensors: Readonly<Record<string, Tensor>>, name: string): Tensor {
  const tensor = ownValue(tensors, name);
  if (tensor === undefined) throw new InternalError(`There is no tensor "${name}".`);
  return tensor;
}

/** The number of elements of a shape. */
export const sizeOf = (dims: readonly number[]): number => dims.reduce((product, size) => product * size, 1);

/** Converts numbers of any type to float32. */
export function toFloat({ type, dims, data }: Tensor): FloatTensor {
  if (data instanceof Float32Array) return floatTensor(dims, data);
  const values = Float32Array.from(data as ArrayLike<number | bigint>, Number);
  return floatTensor(dims, type === 'float16' ? values.map(halfToFloat) : values);
}

/** Numbers in any kind of array. */
export type Numbers = ArrayLike<number> | ArrayLike<bigint>;

type Encode = (values: ArrayLike<number>) => NumericArray;

const ENCODE: Partial<Record<DataType, Encode>> = {
  float32: (values) => (values instanceof Float32Array ? values : Float32Array.from(values)),
  float64: (values) => Float64Array.from(values),
  float16: (values) => Uint16Array.from(values, floatToHalf),
  uint8: (values) => new Uint8Array(Uint8ClampedArray.from(values).buffer),
  int8: (values) => Int8Array.from(values, (v) => Math.max(-128, Math.min(127, Math.round(v)))),
  int32: (values) => Int32Array.from(values, Math.round),
  int64: (values) => BigInt64Array.from(Array.from(values, (v) => BigInt(Math.round(v)))),
  bool: (values) => Uint8Array.from(values, (v) => (v === 0 ? 0 : 1)),
};

/**
 * Converts numbers to the type of a model's input.
 * @throws {CamError} UNSUPPORTED_MODEL when camwasm cannot feed that type.
 */
export function fromNumbers(dims: readonly number[], data: Numbers, type: DataType): Tensor {
  const encode = ENCODE[type];
  if (!encode) throw new CamError('UNSUPPORTED_MODEL', `camwasm cannot feed an input of type ${type}.`);
  const plain = typeof data[0] === 'bigint' ? Array.from(data, Number) : (data as ArrayLike<number>);
  return { type, dims, data: encode(plain) };
}

/** Converts float32 to the type of a model's input. */
export const fromFloat = ({ dims, data }: FloatTensor, type: DataType): Tensor =>
  fromNumbers(dims, data, type);

/** A number as IEEE 754 binary16 bits, rounded to nearest even. */
function floatToHalf(value: number): number {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  if (Number.isNaN(value)) return 0x7e00;
  if (size >= 65520) return sign | 0x7c00;
  const exponent = Math.max(-14, Math.floor(Math.log2(size || 2 ** -14)));
  const scaled = size / 2 ** (exponent - 10); // in units of the last place: below 2048
  const floor = Math.floor(scaled);
  const rest = scaled - floor;
  const units = rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
  // units of 1024 and more carry into the exponent
  return sign | (units + (exponent + 14) * 1024);
}

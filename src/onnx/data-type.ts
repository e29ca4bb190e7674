/** TensorProto.DataType, https://github.com/onnx/onnx/blob/main/onnx/onnx.proto */

export type DataType = (typeof DATA_TYPES)[number];

/** Indexed by the number in the file. */
export const DATA_TYPES = [
  'undefined',
  'float32',
  'uint8',
  'int8',
  'uint16',
  'int16',
  'int32',
  'int64',
  'string',
  'bool',
  'float16',
  'float64',
  'uint32',
  'uint64',
  'complex64',
  'complex128',
  'bfloat16',
  'float8e4m3fn',
  'float8e4m3fnuz',
  'float8e5m2',
  'float8e5m2fnuz',
  'uint4',
  'int4',
  'float4e2m1',
] as const;

/** Whether gradients flow through values of this type directly. */
export const isFloat = (type: DataType | undefined): boolean =>
  type === 'float32' || type === 'float16' || type === 'float64' || type === 'bfloat16';

/** Smallest and largest number of the integer types used for quantized values. */
export const QUANTIZED_RANGE: Readonly<Partial<Record<DataType, readonly [number, number]>>> = {
  uint8: [0, 255],
  int8: [-128, 127],
  uint16: [0, 65535],
  int16: [-32768, 32767],
};

/** Whether values of this type represent real numbers: floats and quantized values. */
export const standsForReal = (type: DataType): boolean => isFloat(type) || type in QUANTIZED_RANGE;

export const dataTypeCode = (type: DataType): number => DATA_TYPES.indexOf(type);

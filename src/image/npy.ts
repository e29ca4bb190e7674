import { CamError } from '../errors.ts';
import type { DataType } from '../onnx/data-type.ts';
import { halfToFloat } from '../onnx/tensor.ts';

/** A float32 array, row-major. */
export interface NpyArray {
  dims: number[];
  data: Float32Array;
}

/** An array of any number type, row-major. */
export interface NpyNumbers {
  dims: number[];
  data: ArrayLike<number> | ArrayLike<bigint>;
}

/** Element types by their NumPy names: the type of ONNX, the size of an element, and how elements are read. */
interface Elements {
  readonly type: DataType;
  readonly size: number;
  readonly read: (bytes: ArrayBuffer) => NpyNumbers['data'];
}

const arrayOf = (
  type: DataType,
  kind: { readonly BYTES_PER_ELEMENT: number; new (bytes: ArrayBuffer): NpyNumbers['data'] },
): Elements => ({ type, size: kind.BYTES_PER_ELEMENT, read: (bytes) => new kind(bytes) });

const TYPES: ReadonlyMap<string, Elements> = new Map(
  Object.entries({
    '<f4': arrayOf('float32', Float32Array),
    '<f8': arrayOf('float64', Float64Array),
    '<f2': {
      type: 'float16',
      size: 2,
      read: (bytes) => floatsOf(new Uint16Array(bytes), halfToFloat),
    },
    '<i8': arrayOf('int64', BigInt64Array),
    '<i4': arrayOf('int32', Int32Array),
    '<i2': arrayOf('int16', Int16Array),
    '|i1': arrayOf('int8', Int8Array),
    '<u2': arrayOf('uint16', Uint16Array),
    '|u1': arrayOf('uint8', Uint8Array),
    '|b1': arrayOf('bool', Uint8Array),
  }),
);

/** Values as float32. `Float32Array.from` would list them first. */
function floatsOf<T>(values: ArrayLike<T>, toFloat: (value: T) => number): Float32Array {
  const floats = new Float32Array(values.length);
  for (let i = 0; i < floats.length; i++) floats[i] = toFloat(values[i]);
  return floats;
}

const MAGIC = '\x93NUMPY';

/** Whether the bytes start like a .npy file. */
export const isNpy = (bytes: Uint8Array): boolean => latin1(bytes.subarray(0, 6)) === MAGIC;

/**
 * Reads a .npy file (NEP 1, versions 1 to 3) of little-endian float32 in C order.
 *
 * @example
 * const { dims, data } = readNpy(await readFile('x.npy'));
 * @throws {CamError} BAD_TENSOR for another element type or order, or a damaged file.
 */
export const readNpy = (bytes: Uint8Array): NpyArray =>
  readElements(
    bytes,
    typesThat(({ type }) => type === 'float32'),
  ) as NpyArray;

/**
 * Like `readNpy`, for real numbers, integers and booleans.
 *
 * @example
 * const inputs = { input_ids: readNpyNumbers(await readFile('ids.npy')) };
 * @throws {CamError} BAD_TENSOR for another element type, or a damaged file.
 */
export const readNpyNumbers = (bytes: Uint8Array): NpyNumbers => readElements(bytes, TYPES);

/**
 * Reads a .npy file of float32, or of the type of a model's input, as float32.
 * @throws {CamError} BAD_TENSOR for another element type, or a damaged file.
 */
export function readNpyAs(bytes: Uint8Array, type: DataType = 'float32'): NpyArray {
  const { dims, data } = readElements(
    bytes,
    typesThat((element) => [type, 'float32'].includes(element.type)),
  );
  return {
    dims,
    data: data instanceof Float32Array ? data : floatsOf<number | bigint>(data, Number),
  };
}

const typesThat = (accepts: (elements: Elements) => boolean): ReadonlyMap<string, Elements> =>
  new Map([...TYPES].filter(([, elements]) => accepts(elements)));

/** As in NumPy (`max_header_size`): parsing a longer one takes time, and no array of numbers needs it. */
const LONGEST_HEADER = 10_000;

function readElements(bytes: Uint8Array, types: ReadonlyMap<string, Elements>): NpyNumbers {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 12 || latin1(bytes.subarray(0, 6)) !== MAGIC)
    throw badNpy('it does not start like a .npy file');
  const version = bytes[6]!;
  if (version < 1 || version > 3)
    throw badNpy(`it has format version ${version}; versions 1 to 3 are supported`);
  const start = version === 1 ? 10 : 12;
  const end = start + (version === 1 ? view.getUint16(8, true) : view.getUint32(8, true));
  if (end - start > LONGEST_HEADER)
    throw badNpy(`its header takes ${end - start} bytes; the limit is ${LONGEST_HEADER}`);
  const header = latin1(bytes.subarray(start, end));
  const type = /'descr':\s*'([^']*)'/.exec(header)?.[1];
  const shape = /'shape':\s*\(([\d\s,]*)\)/.exec(header)?.[1];
  if (end > bytes.length || shape === undefined) throw badNpy('its header is truncated or damaged');
  const elements = type === undefined ? undefined : types.get(type);
  if (elements === undefined) {
    const wanted =
      types.size === 1 ? "little-endian float32 ('<f4')" : `one of ${[...types.keys()].join(', ')}`;
    throw badNpy(`its elements are ${type ? `'${type}'` : 'structured'}, not ${wanted}`);
  }
  if (!/'fortran_order':\s*False/.test(header)) throw badNpy('it is in Fortran (column-major) order');
  const dims = shape.match(/\d+/g)?.map(Number) ?? [];
  const count = dims.reduce((product, dim) => product * dim, 1);
  const size = count * elements.size;
  if (bytes.length - end !== size || !dims.every(Number.isSafeInteger))
    throw badNpy(`[${dims.join(', ')}] takes ${size} bytes, but ${bytes.length - end} follow the header`);
  return { dims, data: elements.read(new Uint8Array(bytes.subarray(end)).buffer) };
}

/**
 * The bytes of a .npy file, version 1.0.
 *
 * @example
 * const { data, height, width } = explanation.heatmap;
 * await writeFile('heatmap.npy', writeNpy([height, width], data));
 * @throws {CamError} BAD_TENSOR when the dimensions do not match the data, or the data is not a Float32Array.
 */
export function writeNpy(dims: readonly number[], data: Float32Array): Uint8Array {
  const whole = Array.isArray(dims) && dims.every((dim) => Number.isSafeInteger(dim) && dim >= 0);
  const size = whole ? dims.reduce((product: number, dim: number) => product * dim, 1) : NaN;
  if (!(data instanceof Float32Array && data.length === size)) {
    throw new CamError(
      'BAD_TENSOR',
      `writeNpy() takes dimensions and a Float32Array of that shape, but [${String(dims)}] is not the shape of ${data instanceof Float32Array ? `${data.length} values` : typeof data}.`,
    );
  }
  const shape = dims.length === 1 ? `${dims[0]!},` : dims.join(', ');
  const header = `{'descr': '<f4', 'fortran_order': False, 'shape': (${shape}), }`;
  const length = Math.ceil((10 + header.length + 1) / 64) * 64 - 10; // aligns the data to 64 bytes
  const bytes = new Uint8Array(10 + length + data.byteLength);
  const start = `${MAGIC}\x01\0${String.fromCharCode(length & 0xff, length >> 8)}${header.padEnd(length - 1)}\n`;
  for (let i = 0; i < start.length; i++) bytes[i] = start.charCodeAt(i);
  bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), start.length);
  return bytes;
}

function latin1(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
}

function badNpy(why: string): CamError {
  return new CamError(
    'BAD_TENSOR',
    `Cannot read this .npy tensor: ${why}. Save it with numpy.save(path, numpy.ascontiguousarray(a, dtype="<f4")).`,
  );
}

import { CamError } from '../errors.ts';

/** A float32 array as a .npy file holds it, in row-major order. */
export interface NpyArray {
  dims: number[];
  data: Float32Array;
}

const MAGIC = '\x93NUMPY';

/**
 * Reads a .npy file (NEP 1, versions 1 to 3) of little-endian float32 in C order.
 * Throws `BAD_TENSOR` for any other element type or order, and for a file that is cut short.
 */
export function readNpy(bytes: Uint8Array): NpyArray {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 12 || latin1(bytes.subarray(0, 6)) !== MAGIC)
    throw bad('it does not begin as a .npy file does');
  const version = bytes[6]!;
  if (version < 1 || version > 3) throw bad(`it is of format version ${version}; versions 1 to 3 are known`);
  const start = version === 1 ? 10 : 12;
  const end = start + (version === 1 ? view.getUint16(8, true) : view.getUint32(8, true));
  const header = latin1(bytes.subarray(start, end));
  const type = /'descr':\s*'([^']*)'/.exec(header)?.[1];
  const shape = /'shape':\s*\(([\d\s,]*)\)/.exec(header)?.[1];
  if (end > bytes.length || shape === undefined) throw bad('its header is cut short or damaged');
  if (type !== '<f4')
    throw bad(`its elements are ${type ? `'${type}'` : 'structured'}, not little-endian float32 ('<f4')`);
  if (!/'fortran_order':\s*False/.test(header)) throw bad('it is in Fortran (column-major) order');
  const dims = shape.match(/\d+/g)?.map(Number) ?? [];
  const count = dims.reduce((product, dim) => product * dim, 1);
  if (bytes.length - end !== 4 * count)
    throw bad(`[${dims.join(', ')}] takes ${4 * count} bytes, and ${bytes.length - end} follow its header`);
  return { dims, data: new Float32Array(new Uint8Array(bytes.subarray(end)).buffer) };
}

/** The bytes of a .npy file, version 1.0, that holds `data` as an array of these dimensions. */
export function writeNpy(dims: readonly number[], data: Float32Array): Uint8Array {
  const shape = dims.length === 1 ? `${dims[0]!},` : dims.join(', ');
  const header = `{'descr': '<f4', 'fortran_order': False, 'shape': (${shape}), }`;
  const length = Math.ceil((10 + header.length + 1) / 64) * 64 - 10; // the data begins on a multiple of 64
  const bytes = new Uint8Array(10 + length + data.byteLength);
  const start = `${MAGIC}\x01\0${String.fromCharCode(length & 0xff, length >> 8)}${header.padEnd(length - 1)}\n`;
  for (let i = 0; i < start.length; i++) bytes[i] = start.charCodeAt(i);
  bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), start.length);
  return bytes;
}

function latin1(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
}

function bad(why: string): CamError {
  return new CamError(
    'BAD_TENSOR',
    `Cannot read this .npy tensor: ${why}. Save it with numpy.save(path, numpy.ascontiguousarray(a, dtype="<f4")).`,
  );
}

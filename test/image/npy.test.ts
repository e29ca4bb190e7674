import { readFileSync } from 'node:fs';
import { suite } from 'uvu';
import { CamError } from '../../src/errors.ts';
import { readNpy, writeNpy } from '../../src/image/npy.ts';
import * as assert from '../helpers/assert.ts';
import { ascii } from './pictures.ts';

const test = suite('npy');

// The bytes of numpy.save for numpy.array([[1.5, -2, 0]], dtype='<f4'), with the header of each format version.
function saved({ version = 1, descr = "'<f4'", fortran = 'False', shape = '(1, 3)' } = {}): Uint8Array {
  const header = `{'descr': ${descr}, 'fortran_order': ${fortran}, 'shape': ${shape}, }`.padEnd(117) + '\n';
  const length = version === 1 ? [118, 0] : [118, 0, 0, 0];
  const data = [0, 0, 0xc0, 0x3f, 0, 0, 0, 0xc0, 0, 0, 0, 0];
  return new Uint8Array([0x93, ...ascii('NUMPY'), version, 0, ...length, ...ascii(header), ...data]);
}

function failure(bytes: Uint8Array): string {
  try {
    readNpy(bytes);
  } catch (error) {
    assert.instance(error, CamError);
    assert.is((error as CamError).code, 'BAD_TENSOR');
    return (error as CamError).message;
  }
  assert.unreachable('was read');
  return '';
}

for (const version of [1, 2, 3]) {
  test(`reads format version ${version}`, () => {
    const { dims, data } = readNpy(saved({ version }));
    assert.equal(dims, [1, 3]);
    assert.equal(data, new Float32Array([1.5, -2, 0]));
  });
}

test('reads a file that numpy wrote', () => {
  const path = new URL('../fixtures/gap/input.npy', import.meta.url);
  const { dims, data } = readNpy(readFileSync(path));
  assert.equal(dims, [1, 3, 64, 64]);
  assert.is(data.length, 3 * 64 * 64);
  const { buffer, byteOffset, length } = readFileSync(path);
  const tail = new DataView(buffer, byteOffset + length - 4 * data.length);
  data.forEach((v, i) => assert.is(v, tail.getFloat32(4 * i, true)));
});

test('writes what numpy writes, byte by byte', () => {
  assert.equal(writeNpy([1, 3], new Float32Array([1.5, -2, 0])), saved());
});

for (const dims of [[], [4], [2, 2], [1, 2, 1, 2]]) {
  test(`[${dims.join(', ')}] comes back as it was`, () => {
    const data = new Float32Array(dims.reduce((a, b) => a * b, 1)).map((_, i) => i / 3);
    const bytes = writeNpy(dims, data);
    assert.is((bytes.length - data.byteLength) % 64, 0);
    assert.equal(readNpy(bytes), { dims, data });
  });
}

test('reads from the middle of a larger buffer', () => {
  const file = saved();
  const buffer = new Uint8Array(file.length + 3);
  buffer.set(file, 3);
  assert.equal(readNpy(buffer.subarray(3)).data, new Float32Array([1.5, -2, 0]));
});

test('says what it is where it is not little-endian float32 in C order', () => {
  for (const descr of ["'<f8'", "'|u1'", "'>f4'"]) assert.match(failure(saved({ descr })), descr);
  assert.match(failure(saved({ descr: "[('a', '<f4')]" })), 'structured');
  assert.match(failure(saved({ fortran: 'True' })), 'Fortran');
  assert.match(failure(saved({ version: 4 })), 'version 4');
  assert.match(failure(saved({ shape: '(2, 3)' })), 'takes 24 bytes, but 12 follow');
  assert.match(failure(Uint8Array.from(ascii('no tensor at all'))), 'does not start');
});

test('a header over 10,000 bytes is refused, as NumPy does', () => {
  const header = "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }";
  const file = (length: number) =>
    new Uint8Array([
      ...[0x93, ...ascii('NUMPY'), 2, 0, length & 255, length >> 8, 0, 0],
      ...ascii(header.padEnd(length)),
      ...[0, 0, 0x80, 0x3f],
    ]);
  assert.equal([...readNpy(file(10_000)).data], [1]);
  assert.match(failure(file(10_001)), 'its header takes 10001 bytes');
  assert.match(
    failure(new Uint8Array([...saved({ version: 2 }).subarray(0, 8), 255, 255, 255, 255, 0, 0])),
    '4294967295',
  );
});

test('cut short anywhere, it is an error', () => {
  const file = saved();
  for (let length = 0; length < file.length; length++) failure(file.subarray(0, length));
});

test.run();

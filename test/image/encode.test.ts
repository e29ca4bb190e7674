import { Jimp } from 'jimp';
import { suite } from 'uvu';
import { encode } from '../../src/image/encode.ts';
import * as assert from '../helpers/assert.ts';
import { picture, QUARTERS } from './pictures.ts';

const test = suite('encode');

// Jimp's PNG reader, which checks every chunk's sum, is the independent reader here.
async function read(bytes: Uint8Array) {
  return (await Jimp.fromBuffer(new Uint8Array(bytes).buffer)).bitmap;
}

for (const [width, height] of [
  [1, 1],
  [7, 3],
  [300, 200],
] as const) {
  for (const alpha of [255, 77]) {
    test(`PNG of ${width} x ${height} with alpha ${alpha} comes back byte by byte`, async () => {
      const original = picture(width, height, (x, y) => [x * 7 + y, x * y, x ^ y, alpha].map((v) => v % 256));
      const bytes = await encode(original, 'png');
      const found = await read(bytes);
      assert.equal([found.width, found.height], [width, height]);
      assert.equal(new Uint8ClampedArray(found.data), original.data);
      assert.is(bytes[25], alpha === 255 ? 2 : 6, 'color type');
    });
  }
}

test('JPEG: close to the original, the closer the higher the quality', async () => {
  const noisy = picture(64, 64, (x, y) => [(x * 31 + y * 17) % 256, (x * y) % 256, 128, 255]);
  const error = async (quality?: number) => {
    const { data } = await read(await encode(noisy, 'jpg', quality));
    return data.reduce((sum, v, i) => sum + Math.abs(v - noisy.data[i]!), 0) / data.length;
  };
  assert.ok((await error(100)) < (await error()));
  assert.ok((await error()) < (await error(10)));
  const { data } = await read(await encode(QUARTERS, 'jpg'));
  assert.ok(data.every((v, i) => Math.abs(v - QUARTERS.data[i]!) <= 12));
});

test('the picture itself is left alone', async () => {
  const original = picture(9, 5, (x, y) => [x, y, 3, 255]);
  const copy = original.data.slice();
  await encode(original, 'png');
  await encode(original, 'jpg');
  assert.equal(original.data, copy);
});

test.run();

import { suite } from 'uvu';
import type { CamError } from '../../src/errors.ts';
import { bandPicture, bandsOf, colorBands } from '../../src/image/bands.ts';
import * as assert from '../helpers/assert.ts';

const test = suite('bands of a tensor');

const map = {
  data: Float32Array.of(...[1, 2], ...[30, 40], ...[500, 600], ...[7, 8]),
  channels: 4,
  height: 1,
  width: 2,
};

test('bands count from 1, in the order given', () => {
  assert.equal([...bandsOf(map, [3, 1]).data], [500, 600, 1, 2]);
  for (const band of [0, 5, 1.5]) {
    assert.throws(
      () => bandsOf(map, [band]),
      (error: CamError) => error.option === 'bands' && /has 4/.test(error.message),
    );
  }
});

test('a picture has one band or three', () => {
  assert.equal([...colorBands(map, [4]).data], [7, 8]);
  assert.throws(
    () => colorBands(map, [1, 2]),
    (error: CamError) => error.code === 'BAD_OPTION',
  );
});

test('each band is stretched between its 2nd and 98th percentile', () => {
  const count = 101; // percentiles are elements
  const ramp = (from: number, step: number) =>
    Float32Array.from({ length: count }, (_, i) => from + i * step);
  const data = Float32Array.of(...ramp(0, 1), ...ramp(-5, 0.1), ...new Float32Array(count).fill(3));
  const picture = bandPicture({ data, channels: 3, height: 1, width: count });
  const expected = (i: number) => Math.min(255, Math.max(0, (255 * (i - 2)) / 96));
  for (let i = 0; i < count; i++) {
    const [red, green, blue, alpha] = picture.data.subarray(4 * i);
    assert.ok(Math.abs(red - expected(i)) <= 0.51 && Math.abs(green - expected(i)) <= 0.51, `${i}`);
    assert.equal([blue, alpha], [128, 255]); // a constant band is gray
  }
});

test('NaN and infinities do not change the stretch', () => {
  const { data } = bandPicture({
    data: Float32Array.of(NaN, 0, 1, Infinity),
    channels: 1,
    height: 1,
    width: 4,
  });
  assert.equal([data[0], data[4], data[8], data[12]], [0, 0, 255, 255]);
});

test.run();

import { suite } from 'uvu';
import type { CamError } from '../../src/errors.ts';
import { SHEET_SLICES, sliceSheet, slicesShown } from '../../src/image/slices.ts';
import * as assert from '../helpers/assert.ts';

const test = suite('slices of a volume');

test('all slices, or some at equal distances from the middle of each share', () => {
  assert.equal(slicesShown(3), [0, 1, 2]);
  assert.equal(
    slicesShown(2 * SHEET_SLICES),
    Array.from({ length: SHEET_SLICES }, (_, i) => 2 * i + 1),
  );
  assert.equal(slicesShown(5, 2), [1]);
  assert.equal(slicesShown(5, [5, 1]), [4, 0]);
  for (const slice of [0, 6, 2.5]) {
    assert.throws(
      () => slicesShown(5, slice),
      (error: CamError) => error.option === 'slice' && /there are 5/.test(error.message),
    );
  }
});

/** Five slices of 3 x 2 pixels, one below another; slice n has the gray 10 n. */
const tall = {
  width: 3,
  height: 10,
  data: Uint8ClampedArray.from({ length: 4 * 30 }, (_, at) =>
    at % 4 === 3 ? 255 : 10 * Math.floor(at / 24),
  ),
};

test('one slice is a picture of its own size', () => {
  const { data, width, height } = sliceSheet(tall, 5, [3]);
  assert.equal([width, height], [3, 2]);
  assert.ok(data.every((value, at) => value === (at % 4 === 3 ? 255 : 30)));
});

test('a sheet has them from left to right, top to bottom, with white between', () => {
  const { data, width, height } = sliceSheet(tall, 5, [0, 1, 2, 3, 4]);
  const grayAt = (x: number, y: number) => data[4 * (y * width + x)];
  // Two columns: ⌈√(5 · 2 / 3)⌉; three rows.
  assert.equal([width, height], [2 * 3 + 2, 3 * 2 + 2 * 2]);
  assert.equal([grayAt(0, 0), grayAt(5, 1), grayAt(2, 4), grayAt(7, 5), grayAt(0, 8)], [0, 10, 20, 30, 40]);
  assert.equal([grayAt(3, 0), grayAt(4, 5), grayAt(0, 2), grayAt(7, 9)], [255, 255, 255, 255]);
});

test.run();

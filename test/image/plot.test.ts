import { suite } from 'uvu';
import { MAX_LANES, plotSize, plotted } from '../../src/image/plot.ts';
import * as assert from '../helpers/assert.ts';

const test = suite('plots of a signal');

const white = ({ width, height }: { width: number; height: number }) => ({
  width,
  height,
  data: new Uint8ClampedArray(4 * width * height).fill(255),
});

/** Rows with ink in a column. */
function inkAt({ data, width, height }: ReturnType<typeof white>, x: number): number[] {
  return Array.from({ length: height }, (_, y) => y).filter((y) => data[4 * (y * width + x)] < 128);
}

test('lanes share the height', () => {
  assert.equal(plotSize(1), { width: 960, height: 240 });
  assert.equal(plotSize(12), { width: 960, height: 960 });
  assert.is(plotSize(MAX_LANES).height, 960);
});

test('a constant is a line in the middle of its lane', () => {
  const signal = { data: new Float32Array(14).fill(3), channels: 2, height: 1, width: 7 };
  const picture = plotted(white({ width: 20, height: 42 }), signal);
  for (let x = 0; x < 20; x++) assert.equal(inkAt(picture, x), [10, 31]);
});

test('a ramp is a straight line through the middle 80 % of the lane, higher values above', () => {
  const length = 10;
  const signal = { data: Float32Array.from({ length }, (_, i) => i), channels: 1, height: 1, width: length };
  const picture = plotted(white({ width: 100, height: 101 }), signal);
  const middle = (x: number) => inkAt(picture, x).reduce((a, b) => a + b) / inkAt(picture, x).length;
  // Sample i has its center at column 10 i + 5; before the first and after the last the curve is flat.
  assert.ok(Math.abs(middle(0) - 90.4) <= 1 && Math.abs(middle(99) - 9.6) <= 1);
  for (let x = 6; x < 94; x++) assert.ok(Math.abs(middle(x) - (90.4 - (80.8 * (x - 4.5)) / 90)) <= 1, `${x}`);
});

test('with many samples to a column, all of them have ink', () => {
  const signal = {
    data: Float32Array.from({ length: 1000 }, (_, i) => (i % 2 ? 1 : -1)),
    channels: 1,
    height: 1,
    width: 1000,
  };
  const picture = plotted(white({ width: 10, height: 101 }), signal);
  assert.is(inkAt(picture, 4).length, 81); // rows 10 to 90
});

test('a gap of NaN stays empty', () => {
  const signal = { data: Float32Array.of(1, NaN, NaN, NaN, 2), channels: 1, height: 1, width: 5 };
  const picture = plotted(white({ width: 50, height: 40 }), signal);
  assert.equal(inkAt(picture, 25), []);
  assert.is(inkAt(picture, 1).length, 1);
});

test.run();

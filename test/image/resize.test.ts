import { readFileSync } from 'node:fs';
import { suite } from 'uvu';
import { type Resample, RESAMPLES, resize } from '../../src/image/resize.ts';
import * as assert from '../helpers/assert.ts';
import { picture } from './pictures.ts';

const test = suite('resize');

const near = (found: ArrayLike<number>, expected: readonly number[], tolerance = 1e-4) => {
  assert.is(found.length, expected.length);
  expected.forEach((v, i) =>
    assert.ok(Math.abs(found[i]! - v) <= tolerance, `[${i}] is ${found[i]}, not ${v}`),
  );
};

const row = (values: readonly number[]) => picture(values.length, 1, (x) => [values[x]!, 0, 0, 255]);
const column = (values: readonly number[]) => picture(1, values.length, (_, y) => [values[y]!, 0, 0, 255]);
const whole = ({ width, height }: { width: number; height: number }) => ({ x: 0, y: 0, width, height });

// By hand, from the triangle whose half width is the scale: source centers at i + 1/2, output center c, weight
// 1 - |i + 1/2 - c| / scale, divided by their sum. Results are rounded to bytes.
const CASES: [what: string, from: number[], to: number[]][] = [
  ['the same size is a copy', [10, 200, 30], [10, 200, 30]],
  ['2 to 4 is plain bilinear with half-pixel centers', [0, 100], [0, 25, 75, 100]],
  ['4 to 2: weights 3 3 1 of 7, cut at the edge', [70, 0, 140, 210], [50, 150]],
  ['3 to 1: weights 2 3 2 of 7', [70, 140, 245], [150]],
  [
    '6 to 3: the middle one sees 1 3 3 1 of 8',
    [0, 80, 0, 160, 240, 0],
    [34 /* 240 / 7 */, 100, 126 /* 880 / 7 */],
  ],
  ['one pixel to many is constant', [77], [77, 77, 77]],
];

for (const [what, from, to] of CASES) {
  test(what, () => {
    near(resize(row(from), whole(row(from)), 1, to.length).subarray(0, to.length), to);
    near(resize(column(from), whole(column(from)), to.length, 1).subarray(0, to.length), to);
  });
}

test('a constant stays the same constant, in each color, at any size', () => {
  const flat = picture(13, 7, () => [17, 130, 255, 255]);
  for (const [height, width] of [
    [1, 1],
    [3, 5],
    [7, 13],
    [20, 29],
  ] as const) {
    const size = height * width;
    const found = resize(flat, whole(flat), height, width);
    near(
      found,
      [17, 130, 255].flatMap((v) => Array<number>(size).fill(v)),
    );
  }
});

test('a ramp stays a ramp, away from the edges', () => {
  const ramp = picture(120, 90, (x, y) => [2 * x, 2 * y, 0, 255]);
  const [height, width] = [9, 20];
  const found = resize(ramp, whole(ramp), height, width);
  for (let y = 1; y < height - 1; y++) {
    for (let x = 1; x < width - 1; x++) {
      const at = y * width + x;
      near(
        [found[at]!, found[height * width + at]!],
        [2 * ((x + 0.5) * 6 - 0.5), 2 * ((y + 0.5) * 10 - 0.5)],
        1e-3,
      );
    }
  }
});

test('shrinking averages: a checkerboard becomes gray, not black or white', () => {
  const board = picture(64, 64, (x, y) => ((x + y) % 2 ? [255, 255, 255] : [0, 0, 0]));
  const found = resize(board, whole(board), 8, 8);
  for (let y = 1; y < 7; y++) for (let x = 1; x < 7; x++) near([found[8 * y + x]!], [128]);
});

test('a part is the same as that part alone, but for its rim', () => {
  const all = picture(40, 40, (x, y) => [x * 6, y * 6, (x * y) % 256, 255]);
  const part = picture(20, 20, (x, y) => [(x + 10) * 6, (y + 5) * 6, ((x + 10) * (y + 5)) % 256, 255]);
  const a = resize(all, { x: 10, y: 5, width: 20, height: 20 }, 10, 10);
  const b = resize(part, whole(part), 10, 10);
  for (let c = 0; c < 3; c++)
    for (let y = 1; y < 9; y++)
      for (let x = 1; x < 9; x++) near([a[(c * 10 + y) * 10 + x]!], [b[(c * 10 + y) * 10 + x]!], 1e-3);
});

test('a part that cuts through pixels weighs them by what is inside', () => {
  // the pixel from 0.5 to 1.5 lies half on each of the two
  near(resize(row([0, 100]), { x: 0.5, y: 0, width: 1, height: 1 }, 1, 1).subarray(0, 1), [50]);
});

// OpenCV has weights of 11 bits.
const TOLERANCE: Readonly<Record<Resample, number>> = { antialias: 0, bicubic: 0, bilinear: 1 };

interface Reference {
  readonly note: string;
  readonly width: number;
  readonly height: number;
  readonly resized: readonly {
    readonly resample: Resample;
    readonly height: number;
    readonly width: number;
    readonly rgb: readonly number[];
  }[];
}

const { resized, ...source } = JSON.parse(
  readFileSync(new URL('resized.json', import.meta.url), 'utf8'),
) as Reference;
const pattern = picture(source.width, source.height, (x, y) => {
  const [red, green, blue] = [0, 1, 2].map((c) => (37 * x + 11 * y * y + 90 * c * (x % 3)) % 256);
  return [red, green, blue, 255];
});

for (const { resample, height, width, rgb } of resized) {
  test(`${resample} to ${width} x ${height} as in the library of that name`, () => {
    const size = height * width;
    const planes = Array.from({ length: 3 * size }, (_, at) => rgb[3 * (at % size) + Math.floor(at / size)]);
    near(resize(pattern, whole(pattern), height, width, resample), planes, TOLERANCE[resample]);
  });
}

test('every way to resize has a reference', () =>
  assert.equal([...new Set(resized.map(({ resample }) => resample))].sort(), Object.keys(RESAMPLES).sort()));

test.run();

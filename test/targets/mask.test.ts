import { suite } from 'uvu';
import type { Fit } from '../../src/image/placement.ts';
import { maskWeights } from '../../src/targets/mask.ts';
import * as assert from '../helpers/assert.ts';

/** A picture of 8 x 4 pixels that is white from column 6 on. */
const picture = {
  width: 8,
  height: 4,
  data: Uint8ClampedArray.from({ length: 8 * 4 * 4 }, (_, i) =>
    i % 4 === 3 || Math.floor(i / 4) % 8 >= 6 ? 255 : 0,
  ),
};

const test = suite('a mask lies on the output as the image lies in the input');

// Where the picture shrinks to half, pixels weigh 1/8, 3/8, 3/8, 1/8; at the border, the three that there are 1/7, 3/7, 3/7.
const HALF = [0, 0, 1 / 8, 6 / 7];
const NONE = [0, 0, 0, 0];
const EXPECTED: Record<Fit, readonly (readonly number[])[]> = {
  stretch: [HALF, HALF, HALF, HALF],
  letterbox: [NONE, HALF, HALF, NONE],
  border: [NONE, HALF, HALF, NONE],
  // Columns 2 to 5 of the picture, pixel for pixel: none of it is white.
  crop: [NONE, NONE, NONE, NONE],
  proportional: [HALF, HALF, HALF, HALF],
};

const GRID = { height: 4, width: 4 };

for (const fit of Object.keys(EXPECTED) as Fit[]) {
  test(fit, () => {
    const weights = maskWeights(picture, GRID, { ...GRID, fit, cropPct: 1 });
    const wanted = EXPECTED[fit].flat();
    weights.forEach((weight, i) => assert.ok(Math.abs(weight - wanted[i]) < 1e-6, `${i}: ${weight}`));
  });
}

test('a margin that is cut', () => {
  // 8 x 4 becomes 8 x 8, of which the middle 4 x 4 are the input: columns 2 to 5 of the picture, none of them white.
  const middle = maskWeights(picture, GRID, { ...GRID, fit: 'stretch', cropPct: 0.5 });
  assert.ok(middle.every((weight) => weight === 0));
});

test('weights end where the picture ends in the input, in whole cells', () => {
  const white = { width: 8, height: 4, data: new Uint8ClampedArray(8 * 4 * 4).fill(255) };
  // [input side, grid side]: rows of the input that the picture fills, of 8 x 4 in a square.
  for (const [input, grid, first, count] of [
    [8, 8, 2, 4],
    [10, 10, 2, 5], // an odd margin: 2 above, 3 below
    [16, 4, 1, 2],
    [10, 5, 1, 3], // rows 2 to 7 of 10 are rows 1 to 3.5 of 5; half a cell is rounded up
    [12, 4, 1, 2],
    [8, 1, 0, 1],
  ] as const) {
    for (const turned of [false, true]) {
      const given = turned ? { ...white, width: 4, height: 8 } : white;
      const weights = maskWeights(
        given,
        { width: grid, height: grid },
        { width: input, height: input, fit: 'letterbox', cropPct: 1 },
      );
      weights.forEach((weight, i) => {
        const place = turned ? i % grid : Math.floor(i / grid);
        const inside = place >= first && place < first + count;
        assert.ok(Math.abs(weight - Number(inside)) < 1e-6, `${input}, ${grid}: ${i} is ${weight}`);
      });
    }
  }
});

test('a grid coarser than the input', () => {
  // In an input of 8 x 8, columns 6 and 7 and rows 2 to 5 are white: half of the last of 2 columns.
  const coarse = maskWeights(
    picture,
    { height: 4, width: 2 },
    { height: 8, width: 8, fit: 'letterbox', cropPct: 1 },
  );
  const rows = [0, 1, 2, 3].map((row) => coarse.slice(2 * row, 2 * row + 2));
  assert.equal([...rows[0], ...rows[3]], [0, 0, 0, 0]);
  for (const [left, right] of [rows[1], rows[2]]) assert.ok(left < 0.1 && right > 0.4 && right < 0.7);
});

test.run();

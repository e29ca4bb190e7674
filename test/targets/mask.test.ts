import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Fit } from '../../src/image/placement.ts';
import { maskWeights } from '../../src/targets/mask.ts';

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
  // Columns 2 to 5 of the picture, pixel for pixel: none of it is white.
  crop: [NONE, NONE, NONE, NONE],
};

for (const fit of Object.keys(EXPECTED) as Fit[]) {
  test(fit, () => {
    const weights = maskWeights(picture, { height: 4, width: 4 }, fit);
    const wanted = EXPECTED[fit].flat();
    weights.forEach((weight, i) => assert.ok(Math.abs(weight - wanted[i]) < 1e-6, `${i}: ${weight}`));
  });
}

test.run();

import { suite } from 'uvu';
import { outlined } from '../../src/image/outline.ts';
import * as assert from '../helpers/assert.ts';
import { picture, pixel } from './pictures.ts';

const test = suite('the outline of a box');

const COLOR = [10, 20, 30];

/** How far a pixel lies inside the edges, counted from 0; negative outside. */
const depth = (x: number, y: number, [left, top, right, bottom]: readonly number[]): number =>
  Math.min(x - left, right - 1 - x, y - top, bottom - 1 - y);

for (const [width, height, line] of [
  [60, 40, 1],
  [460, 450, 3], // a 150th of the shorter side
] as const) {
  test(`in ${width} x ${height} is ${line} wide and white, between black lines as wide`, () => {
    const plain = picture(width, height, () => COLOR);
    const edges = [12, 15, 50, 36];
    const box = { x: 12.4, y: 14.6, width: 37.2, height: 21.1 }; // rounded to the edges
    const drawn = outlined(plain, box);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const inside = depth(x, y, edges);
        const white = inside >= 0 && inside < line;
        const black = inside >= -line && inside < 2 * line;
        const expected = white ? [255, 255, 255] : black ? [0, 0, 0] : COLOR;
        assert.equal(pixel(drawn, x, y), [...expected, 255], `${x}, ${y}`);
      }
    }
    assert.equal(pixel(plain, 12, 15), [...COLOR, 255], 'the picture itself is left alone');
  });
}

test('stays within the picture', () => {
  const drawn = outlined(
    picture(20, 12, () => COLOR),
    { x: -5, y: -3, width: 40, height: 30 },
  );
  for (let y = 0; y < 12; y++)
    for (let x = 0; x < 20; x++) {
      const inside = depth(x, y, [0, 0, 20, 12]);
      const expected = inside === 0 ? [255, 255, 255] : inside < 3 ? [0, 0, 0] : COLOR;
      assert.equal(pixel(drawn, x, y), [...expected, 255], `${x}, ${y}`);
    }
});

test.run();

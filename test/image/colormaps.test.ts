import { readFileSync } from 'node:fs';
import { suite } from 'uvu';
import type { CamError } from '../../src/errors.ts';
import { type ColormapId, COLORMAPS, colorTable, DEFAULT_COLORMAP } from '../../src/image/colormaps.ts';
import * as assert from '../helpers/assert.ts';

const test = suite('colormaps');

/** The published tables, as red, green and blue in hexadecimal: those of matplotlib 3.11, and jet of OpenCV 5. */
const PUBLISHED = JSON.parse(readFileSync(new URL('colormaps.json', import.meta.url), 'utf8')) as Record<
  ColormapId,
  string
>;

/** Tables of which every fifth entry is stored; elsewhere rounding may differ. */
const STORED: readonly ColormapId[] = ['turbo', 'viridis', 'inferno', 'magma', 'plasma'];
const TOLERANCE: Partial<Record<ColormapId, number>> = { gray: 0, redblue: 0, plasma: 2 };

for (const id of Object.keys(COLORMAPS) as ColormapId[]) {
  const { kind, table } = COLORMAPS[id];
  const entry = (i: number) => Array.from(table().subarray(4 * i, 4 * i + 3));

  test(`${id}: 256 opaque entries, each close to the one before`, () => {
    assert.is(table().length, 1024);
    for (let i = 0; i < 256; i++) assert.is(table()[4 * i + 3], 255);
    for (let i = 1; i < 256; i++) {
      const step = Math.max(...entry(i).map((v, c) => Math.abs(v - entry(i - 1)[c]!)));
      assert.ok(step <= 8, `a step of ${step} at ${i}`);
    }
  });

  test(`${id}: all 256 colors as published`, () => {
    for (let i = 0; i < 256; i++) {
      const [found, published] = [entry(i), [...Buffer.from(PUBLISHED[id].slice(6 * i, 6 * i + 6), 'hex')]];
      const off = Math.max(...found.map((v, c) => Math.abs(v - published[c]!)));
      const allowed = STORED.includes(id) && i % 5 === 0 ? 0 : (TOLERANCE[id] ?? 1);
      assert.ok(off <= allowed, `entry ${i} is ${found.join(' ')}, not ${published.join(' ')}`);
    }
  });

  if (kind === 'diverging') {
    test(`${id}: its middle is the neutral and brightest color`, () => {
      const [red, green, blue] = entry(128) as [number, number, number];
      assert.ok(Math.max(red, green, blue) - Math.min(red, green, blue) <= 2);
      const light = (i: number) => entry(i).reduce((a, b) => a + b);
      for (const i of [0, 32, 64, 192, 224, 255]) assert.ok(light(i) < light(128));
    });
  }
}

test("one of one's own is a function, a table of bytes, or an entry of COLORMAPS", () => {
  const ramp = (value: number) => [255 * value, 0, 255] as const;
  const expected = Uint8Array.from({ length: 1024 }, (_, at) => [at >> 2, 0, 255, 255][at % 4]!);
  assert.equal(colorTable(ramp), expected);
  assert.equal(colorTable(expected), expected);
  assert.equal(colorTable(Array.from(expected).filter((_, at) => at % 4 < 3)), expected);
  assert.equal(colorTable(COLORMAPS.viridis), COLORMAPS.viridis.table());
});

for (const [what, colormap, message] of [
  ['a function to fractions', () => [1, 0.5, 0], /values from 0 to 1/],
  ['a function to two colors', () => [1, 2], /a function from a value to \[red, green, blue\]/],
  ['a function to NaN', () => [NaN, 0, 0], /returned NaN/],
  ['a function to nothing', () => undefined, /a table of 256 colors/],
  ['a table of 255 colors', new Uint8Array(765), /a table of 256 colors/],
  ['a table with 300', new Array(768).fill(300), /returned 300/],
  ['a table of text', new Array(768).fill('1'), /from 0 to 255/],
  ['an id with a typing error', 'viridiss', /Did you mean "viridis"/],
  ['the name of a property of every object', 'constructor', /Unknown color map "constructor"/],
] as const) {
  test(`${what} is not one`, () => {
    try {
      colorTable(colormap as never);
    } catch (error) {
      assert.equal([(error as CamError).code, (error as CamError).option], ['BAD_OPTION', 'colormap']);
      assert.match((error as CamError).message, message);
      return;
    }
    assert.unreachable('it passed');
  });
}

test('the default is one of them', () => assert.ok(DEFAULT_COLORMAP in COLORMAPS));

test.run();

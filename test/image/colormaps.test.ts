import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { CamError } from '../../src/errors.ts';
import { type ColormapId, COLORMAPS, colorTable, DEFAULT_COLORMAP } from '../../src/image/colormaps.ts';

const test = suite('colormaps');

type Entries = Record<number, readonly [red: number, green: number, blue: number]>;

/** Entries of the published tables, between the anchors where there are any: matplotlib 3.11's, and OpenCV's jet. */
const PUBLISHED: Record<ColormapId, Entries> = {
  turbo: {
    0: [48, 18, 59],
    42: [70, 133, 250],
    64: [40, 188, 235],
    128: [164, 252, 60],
    218: [220, 59, 7],
    255: [122, 4, 3],
  },
  jet: {
    0: [0, 0, 128],
    31: [0, 0, 252],
    96: [2, 255, 254],
    128: [130, 255, 126],
    160: [255, 254, 0],
    255: [128, 0, 0],
  },
  viridis: {
    0: [68, 1, 84],
    42: [68, 57, 131],
    64: [59, 82, 139],
    128: [33, 145, 140],
    218: [157, 217, 59],
    255: [253, 231, 37],
  },
  inferno: {
    0: [0, 0, 4],
    42: [50, 10, 94],
    64: [87, 16, 110],
    128: [188, 55, 84],
    218: [250, 192, 38],
    255: [252, 255, 164],
  },
  magma: {
    0: [0, 0, 4],
    42: [44, 17, 95],
    64: [81, 18, 124],
    128: [183, 55, 121],
    218: [254, 185, 127],
    255: [252, 253, 191],
  },
  plasma: {
    0: [13, 8, 135],
    42: [92, 1, 166],
    64: [126, 3, 168],
    128: [204, 71, 120],
    218: [254, 187, 43],
    255: [240, 249, 33],
  },
  gray: { 0: [0, 0, 0], 1: [1, 1, 1], 128: [128, 128, 128], 255: [255, 255, 255] },
  coolwarm: {
    0: [59, 76, 192],
    64: [141, 176, 254],
    127: [220, 221, 221],
    192: [244, 152, 122],
    255: [180, 4, 38],
  },
  redblue: {
    0: [5, 48, 97],
    51: [67, 147, 195],
    102: [209, 229, 240],
    204: [214, 96, 77],
    255: [103, 0, 31],
  },
};

const TOLERANCE: Partial<Record<ColormapId, number>> = { gray: 0, redblue: 0, jet: 1 };

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

  test(`${id}: as published`, () => {
    for (const [i, rgb] of Object.entries(PUBLISHED[id])) {
      const off = Math.max(...entry(Number(i)).map((v, c) => Math.abs(v - rgb[c]!)));
      assert.ok(
        off <= (TOLERANCE[id] ?? 2),
        `entry ${i} is ${entry(Number(i)).join(' ')}, not ${rgb.join(' ')}`,
      );
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

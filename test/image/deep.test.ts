// Pictures with 16 bits per channel keep them into the tensor. Files and oracles: deep.json.
import { readFileSync } from 'node:fs';
import { suite } from 'uvu';
import { decode } from '../../src/image/decode.ts';
import { type Preprocessing, toTensor } from '../../src/image/preprocess.ts';
import * as assert from '../helpers/assert.ts';

type Files = Readonly<Record<string, string>>;

interface Expected {
  readonly width: number;
  readonly height: number;
  readonly values: readonly number[];
}

interface Deep {
  readonly gray: Files;
  readonly rgb: Files;
  readonly resized: Expected;
  readonly turned: Expected & { readonly files: Files };
  readonly blended: Expected & { readonly files: Files };
  readonly cmyk: Expected & { readonly files: Files };
  readonly deepCmyk: Expected & { readonly files: Files };
  readonly grayAlpha: Expected & { readonly files: Files };
}

const DEEP = JSON.parse(readFileSync(new URL('deep.json', import.meta.url), 'utf8')) as Deep;
const [WIDTH, HEIGHT] = [24, 12];

const test = suite('16 bits');

const read = (base64: string) => decode(Uint8Array.from(Buffer.from(base64, 'base64')));

const gray = (x: number, y: number): number => Math.floor(((x + WIDTH * y) * 65535) / 287);

const rgb = (x: number, y: number): number[] => [
  gray(x, y),
  gray(x, HEIGHT - 1 - y),
  (gray(x, y) * 7919) % 65536,
];

/** Pixels row by row. */
const pixels = (color: (x: number, y: number) => readonly number[]): number[] =>
  Array.from({ length: WIDTH * HEIGHT }, (_, i) => color(i % WIDTH, Math.floor(i / WIDTH))).flat();

const colorsOf = (rgba: ArrayLike<number>): number[] => Array.from(rgba).filter((_, i) => i % 4 !== 3);

/** The values of a tensor in 0..65535, pixel by pixel. */
async function tensorOf(file: string, size: { width: number; height: number }, channels: 'gray' | 'rgb') {
  const count = channels === 'gray' ? 1 : 3;
  const settings: Preprocessing = {
    ...{
      width: size.width,
      height: size.height,
      fit: 'stretch',
      cropPct: 1,
      resample: 'antialias',
      channels,
    },
    ...{ range: [0, 65535], mean: Array(count).fill(0), std: Array(count).fill(1), layout: 'nhwc' },
  };
  return toTensor(await read(file), settings).data;
}

/** Equal but for float32. */
function near(found: ArrayLike<number>, expected: readonly number[]): void {
  assert.is(found.length, expected.length);
  expected.forEach((value, i) =>
    assert.ok(Math.abs(found[i] - value) < 0.05, `${i}: ${found[i]}, not ${value}`),
  );
}

for (const [kind, file] of Object.entries(DEEP.gray)) {
  test(`gray ${kind}: every value comes into the tensor`, async () => {
    const found = await tensorOf(file, { width: WIDTH, height: HEIGHT }, 'gray');
    near(
      found,
      pixels((x, y) => [gray(x, y)]),
    );
    assert.is(new Set(found).size, WIDTH * HEIGHT);
  });

  test(`gray ${kind}: bytes for display are rounded`, async () => {
    const { data } = await read(file);
    assert.equal(
      colorsOf(data),
      pixels((x, y) => Array<number>(3).fill(Math.round(gray(x, y) / 257))),
    );
  });
}

for (const [kind, file] of Object.entries(DEEP.rgb))
  test(`RGB ${kind}: every value comes into the tensor`, async () =>
    near(await tensorOf(file, { width: WIDTH, height: HEIGHT }, 'rgb'), pixels(rgb)));

test('resized, they are as exact as Pillow in float32', async () => {
  const { values, ...size } = DEEP.resized;
  for (const file of [DEEP.gray.png, DEEP.gray.tiff]) near(await tensorOf(file, size, 'gray'), values);
});

for (const [format, file] of Object.entries(DEEP.turned.files))
  test(`${format}: turned upright with their bits`, async () =>
    near(await tensorOf(file, DEEP.turned, 'gray'), DEEP.turned.values));

for (const [format, file] of Object.entries(DEEP.blended.files))
  test(`${format}: transparency is blended onto white with its bits`, async () => {
    const { deep = [] } = await read(file);
    assert.equal(colorsOf(deep), DEEP.blended.values);
  });

for (const [kind, file] of Object.entries(DEEP.cmyk.files))
  test(`a TIFF of four inks, ${kind}, is red, green and blue`, async () => {
    const { data, width, height } = await read(file);
    assert.equal([width, height], [DEEP.cmyk.width, DEEP.cmyk.height]);
    assert.equal(colorsOf(data), DEEP.cmyk.values);
  });

for (const [what, { files, values, ...size }] of [
  ['four inks of 16 bits', DEEP.deepCmyk],
  ['gray with alpha', DEEP.grayAlpha],
] as const)
  for (const [kind, file] of Object.entries(files))
    test(`a TIFF of ${what}, ${kind}, keeps its bits`, async () => {
      const { deep = [], data, width, height } = await read(file);
      assert.equal({ width, height }, size);
      assert.equal(colorsOf(deep), values);
      // Blended on white in bytes, color, alpha and result are rounded: half a step each.
      colorsOf(data).forEach((byte, i) =>
        assert.ok(Math.abs(byte - values[i] / 257) <= 1.5, `${i}: ${byte}`),
      );
    });

test.run();

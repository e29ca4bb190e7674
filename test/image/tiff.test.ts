import { deflateSync } from 'node:zlib';
import { suite } from 'uvu';
import type { CamError } from '../../src/errors.ts';
import { decode } from '../../src/image/decode.ts';
import { firstPage, viewOf } from '../../src/image/tiff.ts';
import * as assert from '../helpers/assert.ts';
import { cpuSeconds } from '../helpers/cpu.ts';
import { encodeWith, picture } from './pictures.ts';

const test = suite('tiff');

type Tags = Record<number, number>;

/** A gray TIFF of one strip (or tile), with further entries as [tag, type, count, value]. */
function tiff(
  { width, height, ...more }: { width: number; height: number } & Tags,
  compression: number,
  pixels: Uint8Array,
  extra: readonly (readonly [tag: number, type: number, count: number, value: number])[] = [],
): Uint8Array {
  const tags: Tags = { 256: width, 257: height, 258: 8, 259: compression, 262: 1, 277: 1, ...more };
  const place = 322 in tags ? { 324: 8, 325: pixels.length } : { 273: 8, 278: height, 279: pixels.length };
  const entries = [
    ...Object.entries({ ...tags, ...place }).map(([tag, value]) => [Number(tag), 4, 1, value] as const),
    ...extra,
  ].sort(([a], [b]) => a - b);
  const file = new Uint8Array(8 + pixels.length + 2 + 12 * entries.length + 4);
  const view = new DataView(file.buffer);
  file.set([0x49, 0x49, 42, 0]);
  file.set(pixels, 8);
  const directory = 8 + pixels.length;
  view.setUint32(4, directory, true);
  view.setUint16(directory, entries.length, true);
  entries.forEach(([tag, type, count, value], i) => {
    const at = directory + 2 + 12 * i;
    view.setUint16(at, tag, true);
    view.setUint16(at + 2, type, true);
    view.setUint32(at + 4, count, true);
    view.setUint32(at + 8, value, true);
  });
  return file;
}

/** LZW codes of 9 bits. */
function lzw(codes: readonly number[]): Uint8Array {
  const bits = codes.map((code) => code.toString(2).padStart(9, '0')).join('');
  return Uint8Array.from(bits.match(/.{1,8}/g)!, (byte) => parseInt(byte.padEnd(8, '0'), 2));
}

/** Clear, the color 5, then each time one more of it than before. */
const growing = (codes: number): number[] => [256, 5, ...Array.from({ length: codes }, (_, i) => 258 + i)];

async function failure(bytes: Uint8Array, maxPixels?: number): Promise<string> {
  const error = await decode(bytes, { maxPixels }).then(
    () => assert.unreachable('was decoded'),
    (error: unknown) => error as CamError,
  );
  assert.is((error as CamError).code, 'BAD_IMAGE');
  return (error as CamError).message;
}

const SMALL = { width: 10, height: 10 };
const gray = (length: number) => new Uint8Array(length).fill(5);
const jpeg = (width: number, height: number) =>
  encodeWith(
    'image/jpeg',
    picture(width, height, () => [5, 5, 5]),
  );

/** What 10 x 10 pixels are in each compression, and what claims to be them and is more. */
const COMPRESSIONS: [name: string, id: number, sound: Uint8Array, bomb: Uint8Array][] = [
  ['none', 1, gray(100), gray(101)],
  ['LZW', 5, lzw([...growing(12), 265, 257]), lzw([...growing(200), 257])],
  ['deflate', 8, deflateSync(gray(100)), deflateSync(gray(10e6))],
  ['old deflate', 32946, deflateSync(gray(100)), deflateSync(gray(10e6))],
  ['PackBits', 32773, Uint8Array.of(257 - 100, 5), new Uint8Array(5000).fill(129)],
];

for (const [name, id, sound, bomb] of COMPRESSIONS) {
  test(`compression ${name}: no more than the pixels is unpacked`, async () => {
    const { data } = await decode(tiff(SMALL, id, sound));
    assert.equal([...data], Array.from({ length: 100 }, () => [5, 5, 5, 255]).flat());
    assert.match(await failure(tiff(SMALL, id, bomb)), 'more data than pixels');
  });
}

test('compression JPEG: the picture within is no larger than the page', async () => {
  const color = { 262: 2, 277: 3 };
  const { data } = await decode(tiff({ width: 16, height: 8, ...color }, 7, await jpeg(16, 8)));
  assert.ok(data.every((value, i) => (i % 4 === 3 ? value === 255 : Math.abs(value - 5) < 3)));
  const large = await jpeg(17, 8);
  assert.match(await failure(tiff({ width: 16, height: 8, ...color }, 7, large)), 'more data than pixels');
});

test('a compression that nothing bounds is not taken', async () => {
  for (const id of [4, 6, 34713])
    assert.match(await failure(tiff(SMALL, id, gray(100))), `compression ${id}`);
});

test('tiles may be larger than the page, but not than the limit', async () => {
  const tile = (side: number, pixels: Uint8Array) => tiff({ ...SMALL, 322: side, 323: side }, 8, pixels);
  assert.is((await decode(tile(16, deflateSync(gray(256))))).data[0], 5);
  assert.match(await failure(tile(60000, deflateSync(gray(256)))), '60000 x 60000');
});

test('what a page does not need is not looked at: pages after it, notes, lists without an end', async () => {
  const file = tiff(SMALL, 1, gray(100), [
    [33432, 5, 0x7fffffff, 0],
    [34665, 4, 1, 8],
    [37500, 7, 0x7fffffff, 8],
  ]);
  const { buffer, byteLength } = file;
  new DataView(buffer).setUint32(byteLength - 4, 108, true); // the page after it is itself
  assert.is((await decode(file)).data[0], 5);
});

/** Rows per strip; the last entry of a tag counts. */
const ONE_ROW = [278, 4, 1, 1] as const;

test('many strips of few bytes are refused', async () => {
  const height = 65_537;
  const lists = (tag: number) => [tag, 1, height, 8] as const; // offsets and sizes of 1
  const file = tiff({ width: 1, height }, 1, new Uint8Array(height).fill(1), [
    lists(273),
    lists(279),
    ONE_ROW,
  ]);
  assert.match(await failure(file), '65537 strips');
});

test('strips that share bytes count each', async () => {
  const [width, height, length] = [1, 1000, 10_000];
  const packed = new Uint8Array(length).fill(128); // PackBits that do nothing
  const sizes = new Uint8Array(new Uint32Array(height).fill(length).buffer);
  const offsets = new Uint8Array(new Uint32Array(height).fill(8).buffer);
  const file = tiff({ width, height }, 32773, new Uint8Array([...packed, ...offsets, ...sizes]), [
    [273, 4, height, 8 + length],
    [279, 4, height, 8 + length + offsets.length],
    ONE_ROW,
  ]);
  assert.match(await failure(file), 'overlap');
});

test('a tag is read no further than its values can mean something, however many it claims', () => {
  const count = 1e6 + 1;
  const claims = [266, 320, 347, 273].map((tag) => [tag, 1, count, 8] as const);
  const { values } = firstPage(viewOf(tiff(SMALL, 1, gray(count), claims)));
  assert.equal(
    (['fillOrder', 'palette', 'jpegTables', 'stripOffsets'] as const).map((tag) => values(tag).length),
    [1, 768, 65_536, 65_536],
  );
});

test('strips of JPEG that share bytes are refused before the first is decoded', async () => {
  const [strip, height] = [await jpeg(8, 8), 80];
  const list = (value: number) => new Uint8Array(new Uint32Array(height / 8).fill(value).buffer);
  const file = tiff(
    { width: 8, height, 262: 2, 277: 3 },
    7,
    new Uint8Array([...strip, ...list(8), ...list(strip.length)]),
    [
      [273, 4, height / 8, 8 + strip.length],
      [279, 4, height / 8, 8 + strip.length + (4 * height) / 8],
      [278, 4, 1, 8],
    ],
  );
  assert.match(await failure(file), 'overlap');
});

test('the tables of a JPEG may stand in their own tag', async () => {
  const whole = await jpeg(16, 8);
  // Segments of quantization and Huffman tables, between start and end.
  const [tables, rest]: [number[], number[]] = [[], []];
  for (let at = 2; at < whole.length;) {
    const scan = whole[at + 1] === 0xda;
    const end = scan ? whole.length : at + 2 + (whole[at + 2] << 8) + whole[at + 3];
    ([0xdb, 0xc4].includes(whole[at + 1]) ? tables : rest).push(...whole.subarray(at, end));
    at = end;
  }
  const [head, part] = [
    [0xff, 0xd8, ...tables, 0xff, 0xd9],
    [0xff, 0xd8, ...rest],
  ];
  const page = { width: 16, height: 8, 262: 2, 277: 3 };
  const file = tiff(page, 7, Uint8Array.from([...part, ...head]), [
    [279, 4, 1, part.length],
    [347, 7, head.length, 8 + part.length],
  ]);
  assert.equal((await decode(file)).data, (await decode(whole)).data);
  assert.match(await failure(tiff({ ...page, 277: 1, 262: 1 }, 7, whole)), 'more data than pixels');
});

test('bits may be stored lowest first', async () => {
  const row = (fillOrder: number, byte: number) =>
    tiff({ width: 8, height: 1, 258: 1, 266: fillOrder }, 1, Uint8Array.of(byte));
  const { data } = await decode(row(2, 0b00110101));
  assert.equal(data, (await decode(row(1, 0b10101100))).data);
  assert.equal(
    [...data].filter((_, i) => i % 4 === 0),
    [255, 0, 255, 0, 255, 255, 0, 0],
  );
});

/** A picture all of whose bits are the same: photometric interpretation, bits of a sample, samples of a pixel. */
const uniform = ([photometric, bits, samples]: readonly number[], byte: number, more: Tags = {}) => {
  const tags = { ...SMALL, 258: bits, 262: photometric, 277: samples, ...more };
  return tiff(tags, 1, new Uint8Array(10 * Math.ceil((10 * bits * samples) / 8)).fill(byte));
};

for (const kind of [
  [0, 1, 1],
  [0, 2, 1],
  [0, 4, 1],
  [0, 8, 1],
  [0, 16, 1],
  [1, 1, 1],
  [1, 2, 1],
  [1, 4, 1],
  [1, 8, 1],
  [1, 16, 1],
  [2, 8, 3],
  [2, 16, 3],
]) {
  test(`kind ${kind.join(', ')}: all bits set and none are black and white, or white and black`, async () => {
    for (const byte of [0, 255]) {
      const { data } = await decode(uniform(kind, byte));
      const expected = kind[0] === 0 ? 255 - byte : byte;
      assert.ok(data.every((value, i) => value === (i % 4 === 3 ? 255 : expected)));
    }
  });
}

/** Gray and alpha of each pixel. */
const SHADES = Array.from({ length: 100 }, (_, i) => [(37 * i) % 256, (91 * i + 5) % 256] as const);

for (const [name, tags, order, stored] of [
  ['as it is', {}, (gray: number) => gray, SHADES],
  ['with white as zero', { 262: 0 }, (gray: number) => 255 - gray, SHADES],
  [
    'as differences along the row',
    { 317: 2 },
    (gray: number) => gray,
    SHADES.map((shade, i) => shade.map((value, c) => (value - (i % 10 > 0 ? SHADES[i - 1][c] : 0)) & 255)),
  ],
  ['in a tile', { 322: 10, 323: 10 }, (gray: number) => gray, SHADES],
] as const) {
  test(`gray of 8 bits with alpha, ${name}, is blended onto white`, async () => {
    const pixels = Uint8Array.from(stored.flat());
    const { data } = await decode(tiff({ ...SMALL, 277: 2, ...tags }, 1, pixels));
    SHADES.forEach(([gray, alpha], i) => {
      const onWhite = Math.round((order(gray) * alpha + 255 * (255 - alpha)) / 255);
      assert.equal([...data.subarray(4 * i, 4 * i + 4)], [onWhite, onWhite, onWhite, 255]);
    });
  });
}

test('kinds of pixels that the decoder has no code for are refused, not made up', async () => {
  for (const [name, ...kind] of [
    ['gray', 1, 16, 3],
    ['RGB', 2, 8, 2],
    ['RGB', 2, 4, 3],
    ['CMYK', 5, 8, 3],
    ['CMYK', 5, 16, 5],
    ['YCbCr', 6, 8, 3],
    ['CIELab', 8, 8, 3],
    ['photometric interpretation 9', 9, 8, 3],
  ] as const)
    assert.match(await failure(uniform(kind, 128)), `${name} with ${kind[2]} × ${kind[1]} bits`);
  for (const [bits, format, what] of [
    [32, 3, 'floating-point numbers'],
    [8, 2, 'signed integers'],
  ] as const) {
    const message = await failure(uniform([1, bits, 1], 0, { 339: format }));
    assert.match(message, `its samples are ${what}`);
    assert.match(message, 'pass a .npy tensor');
  }
  assert.match(await failure(uniform([5, 8, 4], 0, { 259: 7 })), 'CMYK with 4 × 8 bits, compressed as JPEG,');
});

test('pixels that no picture has are refused', async () => {
  assert.match(await failure(tiff({ ...SMALL, 277: 5000 }, 8, deflateSync(gray(100)))), '5000 × 8 bits');
  assert.match(await failure(tiff({ ...SMALL, 277: 3, 284: 2 }, 1, gray(300))), 'planes');
});

const RAW = 'This is a camera raw photo, which cannot be read.';
/** What marks a raw photo in its first directory: a filter array, DNG's version, a preview with others below it. */
for (const [camera, tags] of [
  ['PEF', { 262: 32803 }],
  ['linear DNG', { 262: 34892 }],
  ['DNG', { 50706: 1 }],
  ['NEF and ARW', { 254: 1, 271: 0, 330: 8 }],
] as const) {
  test(`${camera} is named as a camera raw photo`, async () =>
    assert.match(await failure(tiff({ ...SMALL, ...tags }, 1, gray(100))), RAW));
}

test('CR2 is named as a camera raw photo', async () => {
  const pixels = gray(100);
  pixels.set([0x43, 0x52, 2, 0]); // "CR", right after the header
  assert.match(await failure(tiff(SMALL, 1, pixels)), RAW);
});

test('a page with smaller copies of itself is not a raw photo', async () => {
  assert.is((await decode(tiff({ ...SMALL, 271: 0, 330: 8 }, 1, gray(100)))).data[0], 5);
});

test('the most strips there may be are unpacked in a moment', async () => {
  const height = 65_536;
  const packed = deflateSync(gray(8));
  const list = (value: (i: number) => number) =>
    new Uint8Array(Uint32Array.from({ length: height }, (_, i) => value(i)).buffer);
  const [offsets, sizes] = [list((i) => 8 + i * packed.length), list(() => packed.length)];
  const pixels = new Uint8Array(height * packed.length + offsets.length + sizes.length);
  for (let i = 0; i < height; i++) pixels.set(packed, i * packed.length);
  pixels.set(offsets, height * packed.length);
  pixels.set(sizes, height * packed.length + offsets.length);
  const file = tiff({ width: 8, height }, 8, pixels, [
    [273, 4, height, 8 + height * packed.length],
    [279, 4, height, 8 + height * packed.length + offsets.length],
    ONE_ROW,
  ]);
  const seconds = await cpuSeconds(async () => {
    const { data } = await decode(file);
    assert.ok(data.every((value, i) => value === (i % 4 === 3 ? 255 : 5)));
  });
  assert.ok(seconds < 5, `${seconds} s`);
});

test.run();

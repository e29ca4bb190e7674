import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import encodeWebp, { init as initWebp } from '@jsquash/webp/encode.js';
import { suite } from 'uvu';
import { CamError } from '../../src/errors.ts';
import { decode } from '../../src/image/decode.ts';
import { type FormatName, IMAGE_FORMATS } from '../../src/image/formats.ts';
import type { Picture } from '../../src/image/source.ts';
import * as assert from '../helpers/assert.ts';
import { uniform } from '../helpers/random.ts';
import {
  ascii,
  cmykJpeg,
  encodeWith,
  type Inks,
  picture,
  pixel,
  QUARTERS,
  rawPng,
  withOrientation,
} from './pictures.ts';

const test = suite('decode');

async function encodeAsWebp({ data, width, height }: Picture): Promise<Uint8Array> {
  const wasm = createRequire(import.meta.url).resolve('@jsquash/webp/codec/enc/webp_enc_simd.wasm');
  const init = initWebp as unknown as (module: WebAssembly.Module) => Promise<unknown>;
  await init(await WebAssembly.compile(readFileSync(wasm)));
  const image = { data: new Uint8ClampedArray(data), width, height, colorSpace: 'srgb' } as ImageData;
  return new Uint8Array(await encodeWebp(image, { lossless: 1, exact: 1 }));
}

const ENCODERS: Record<FormatName, (picture: Picture) => Promise<Uint8Array>> = {
  png: (picture) => encodeWith('image/png', picture),
  jpeg: (picture) => encodeWith('image/jpeg', picture),
  gif: (picture) => encodeWith('image/gif', picture),
  bmp: (picture) => encodeWith('image/bmp', picture),
  tiff: (picture) => encodeWith('image/tiff', picture),
  webp: encodeAsWebp,
};

async function failure(bytes: Uint8Array, options?: { maxPixels: number }): Promise<CamError> {
  const error = await decode(bytes, options).then(
    ({ width, height }) => assert.unreachable(`decoded to ${width} x ${height}`),
    (error: unknown) => error,
  );
  assert.instance(error, CamError);
  assert.is((error as CamError).code, 'BAD_IMAGE');
  return error as CamError;
}

/** The color of each quarter, told by which of its channels are bright. */
function quarters(found: Picture): string {
  const names: Record<string, string> = { '100': 'R', '010': 'G', '001': 'B', '111': 'W' };
  const { width: w, height: h } = found;
  const centers = [
    [w / 4, h / 4],
    [(3 * w) / 4, h / 4],
    [w / 4, (3 * h) / 4],
    [(3 * w) / 4, (3 * h) / 4],
  ] as const;
  return centers
    .map(([x, y]) =>
      pixel(found, x, y)
        .slice(0, 3)
        .map((v) => (v > 127 ? 1 : 0)),
    )
    .map((bright) => names[bright.join('')] ?? '?')
    .join('');
}

for (const name of Object.keys(IMAGE_FORMATS) as FormatName[]) {
  const { title } = IMAGE_FORMATS[name];

  test(`${title}: every pixel is where and what it was`, async () => {
    const found = await decode(await ENCODERS[name](QUARTERS));
    assert.equal([found.width, found.height], [32, 16]);
    const worst = Math.max(...Array.from(found.data, (v, i) => Math.abs(v - QUARTERS.data[i]!)));
    const allowed = { jpeg: 4, gif: 4, png: 0, bmp: 0, tiff: 0, webp: 0 }[name];
    assert.ok(worst <= allowed, `off by ${worst}`);
  });

  test(`${title}: cut short anywhere, it is an error`, async () => {
    const noisy = picture(40, 30, (x, y) => [
      (x * 37 + y * 11) % 256,
      (x * y) % 256,
      (x * x + y * 7) % 256,
      255,
    ]);
    const bytes = await ENCODERS[name](noisy);
    for (const part of [0.01, 0.03, 0.1, 0.3, 0.5, 0.8, 0.95])
      await failure(bytes.slice(0, bytes.length * part));
    await failure(bytes.slice(0, -4));
  });

  test(`${title}: more pixels than the limit are refused by the header alone`, async () => {
    const { message } = await failure(await ENCODERS[name](QUARTERS), { maxPixels: 32 * 16 - 1 });
    assert.match(message, '32 x 16');
    await decode(await ENCODERS[name](QUARTERS), { maxPixels: 32 * 16 });
  });
}

// Orientation says where the file's first row and column belong, CIPA DC-008 table of tag 274.
const UPRIGHT: Record<number, string> = {
  1: 'RBGW',
  2: 'BRWG',
  3: 'WGBR',
  4: 'GWRB',
  5: 'RGBW',
  6: 'GRWB',
  7: 'WBGR',
  8: 'BWRG',
};

for (const [orientation, expected] of Object.entries(UPRIGHT)) {
  test(`JPEG: EXIF orientation ${orientation} is applied once`, async () => {
    const jpeg = await encodeWith('image/jpeg', QUARTERS);
    for (const littleEndian of [true, false]) {
      const found = await decode(withOrientation(jpeg, Number(orientation), littleEndian));
      assert.is(quarters(found), expected);
      assert.is(found.width, Number(orientation) > 4 ? 16 : 32);
    }
  });
}

test('JPEG: four inks become red, green and blue', async () => {
  // red = (1 - cyan) (1 - black), and so on
  const mixtures: [inks: Inks, rgb: number[]][] = [
    [
      [0, 255, 255, 0],
      [255, 0, 0],
    ],
    [
      [255, 0, 255, 0],
      [0, 255, 0],
    ],
    [
      [0, 0, 0, 255],
      [0, 0, 0],
    ],
    [
      [0, 0, 0, 0],
      [255, 255, 255],
    ],
    [
      [51, 102, 0, 51],
      [163, 122, 204],
    ],
  ];
  const found = await decode(cmykJpeg(mixtures.map(([inks]) => inks)));
  assert.equal([found.width, found.height], [8 * mixtures.length, 8]);
  mixtures.forEach(([inks, rgb], i) => {
    const worst = Math.max(...pixel(found, 8 * i + 4, 4).map((v, c) => Math.abs(v - [...rgb, 255][c]!)));
    assert.ok(worst <= 2, `inks ${inks.join(' ')}: off by ${worst}`);
  });
});

test('JPEG: four inks are turned upright once, and are an error when cut short', async () => {
  const jpeg = cmykJpeg([
    [0, 0, 0, 255],
    [0, 0, 0, 0],
  ]);
  const upright = await decode(withOrientation(jpeg, 6, true)); // a quarter turn clockwise: left comes to the top
  assert.equal([upright.width, upright.height], [8, 16]);
  assert.equal([pixel(upright, 4, 4)[0]! < 10, pixel(upright, 4, 12)[0]! > 245], [true, true]);
  await failure(jpeg.slice(0, -2));
});

test('JPEG: pixels that are damaged in the middle are an error', async () => {
  const jpeg = await encodeWith(
    'image/jpeg',
    picture(64, 64, (x, y) => [(x * y) % 256, x * 4, y * 4, 255]),
  );
  const damaged = new Uint8Array([...jpeg.subarray(0, jpeg.length / 2), 0xff, 0xd9]);
  assert.match((await failure(damaged)).message, 'premature end');
});

test('JPEG: bytes after its end are ignored', async () => {
  const jpeg = await encodeWith('image/jpeg', QUARTERS);
  assert.is(quarters(await decode(new Uint8Array([...jpeg, 0, 1, 2, 3]))), 'RBGW');
});

test('JPEG: several at a time do not disturb each other', async () => {
  const jpeg = await encodeWith('image/jpeg', QUARTERS);
  const all = await Promise.allSettled([decode(jpeg), decode(jpeg.slice(0, -2)), decode(jpeg)]);
  assert.equal(
    all.map(({ status }) => status),
    ['fulfilled', 'rejected', 'fulfilled'],
  );
});

test('the globals that the codecs define are put back', async () => {
  const state = () =>
    ['ImageData', 'location'].map((name) => Object.getOwnPropertyDescriptor(globalThis, name));
  const before = state();
  await decode(await encodeWith('image/jpeg', QUARTERS));
  await decode(await encodeAsWebp(QUARTERS));
  assert.equal(state(), before);
});

// Two pixels as each color type of PNG holds them, after the row's filter byte.
const PNG_KINDS: [kind: string, type: number, depth: number, row: number[], rgb: number[]][] = [
  ['gray, 1 bit', 0, 1, [0b10000000], [255, 255, 255, 0, 0, 0]],
  ['gray, 16 bits', 0, 16, [200, 200, 10, 10], [200, 200, 200, 10, 10, 10]],
  ['color, 16 bits', 2, 16, [1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6], [1, 2, 3, 4, 5, 6]],
  ['palette, 4 bits', 3, 4, [0x10], [0, 128, 255, 255, 0, 0]],
  ['gray and alpha', 4, 8, [0, 255, 0, 51], [0, 0, 0, 204, 204, 204]],
];

for (const [kind, type, depth, row, rgb] of PNG_KINDS) {
  test(`PNG: ${kind}`, async () => {
    const palette: [string, number[]][] = type === 3 ? [['PLTE', [255, 0, 0, 0, 128, 255]]] : [];
    const found = await decode(rawPng({ width: 2, height: 1, depth, type }, [0, ...row], palette));
    assert.equal(Array.from(found.data), [...rgb.slice(0, 3), 255, ...rgb.slice(3), 255]);
  });
}

test('PNG: rows under every filter, with ties between the neighbors', async () => {
  const [width, height] = [23, 40];
  const draw = uniform(1);
  // Steps of 2 and 3 make many ties of Paeth's distances.
  const pixels = Array.from({ length: height }, () =>
    Array.from({ length: 3 * width }, () => 100 + 3 * Math.floor(4 * draw()) - 2 * Math.floor(3 * draw())),
  );
  /** The value that is nearest to left + above - corner; of equally near ones, the first in this order. */
  const paeth = (left: number, above: number, corner: number) =>
    [left, above, corner].reduce((best, value) =>
      Math.abs(left + above - corner - value) < Math.abs(left + above - corner - best) ? value : best,
    );
  const predictions: ((left: number, above: number, corner: number) => number)[] = [
    () => 0,
    (left) => left,
    (_, above) => above,
    (left, above) => Math.floor((left + above) / 2),
    paeth,
  ];
  const rows = pixels.flatMap((row, y) => {
    const filter = (y * 3) % 5;
    const filtered = row.map((value, i) => {
      const [left, above, corner] = [row[i - 3], pixels[y - 1]?.[i], pixels[y - 1]?.[i - 3]];
      return (value - predictions[filter]!(left ?? 0, above ?? 0, corner ?? 0)) & 255;
    });
    return [filter, ...filtered];
  });
  const found = await decode(rawPng({ width, height, depth: 8, type: 2 }, rows));
  assert.equal(
    Array.from(found.data).filter((_, i) => i % 4 < 3),
    pixels.flat(),
  );
});

// The pass that each pixel of an 8 x 8 block belongs to, as drawn in section 8 of the specification.
const ADAM7 = [
  '16462646',
  '77777777',
  '56565656',
  '77777777',
  '36463646',
  '77777777',
  '56565656',
  '77777777',
];

test('PNG: interlaced, of sizes that leave passes out or cut them', async () => {
  for (const [width, height] of [
    [1, 1],
    [3, 2],
    [8, 8],
    [13, 11],
  ] as const) {
    const color = (x: number, y: number) => [(17 * x) % 256, (29 * y) % 256, (x * y) % 256];
    const rows = [1, 2, 3, 4, 5, 6, 7].flatMap((pass) =>
      Array.from({ length: height }, (_, y) => {
        const columns = Array.from({ length: width }, (__, x) => x).filter(
          (x) => Number(ADAM7[y % 8]![x % 8]) === pass,
        );
        return columns.length > 0 ? [0, ...columns.flatMap((x) => color(x, y))] : [];
      }).flat(),
    );
    const found = await decode(rawPng({ width, height, depth: 8, type: 2, interlace: 1 }, rows));
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++)
        assert.equal(pixel(found, x, y), [...color(x, y), 255], `${width} x ${height}: ${x}, ${y}`);
  }
});

test('PNG: the color that counts as transparent lies on white, and only that', async () => {
  const kinds = [
    { type: 0, row: [7, 8], clear: [0, 7], rgb: [255, 255, 255, 8, 8, 8] },
    { type: 2, row: [1, 2, 3, 1, 2, 4], clear: [0, 1, 0, 2, 0, 3], rgb: [255, 255, 255, 1, 2, 4] },
    { type: 2, row: [1, 2, 3, 0, 2, 3], clear: [0, 1, 0, 2, 0, 3], rgb: [255, 255, 255, 0, 2, 3] },
    { type: 2, row: [1, 2, 3, 1, 0, 3], clear: [0, 1, 0, 2, 0, 3], rgb: [255, 255, 255, 1, 0, 3] },
  ];
  for (const { type, row, clear, rgb } of kinds) {
    const found = await decode(
      rawPng({ width: 2, height: 1, depth: 8, type }, [0, ...row], [['tRNS', clear]]),
    );
    assert.equal([...pixel(found, 0, 0).slice(0, 3), ...pixel(found, 1, 0).slice(0, 3)], rgb, String(type));
  }
  // A palette: the alpha of each of its first colors.
  const palette: [string, number[]][] = [
    ['PLTE', [255, 0, 0, 0, 128, 255]],
    ['tRNS', [51]],
  ];
  const found = await decode(rawPng({ width: 2, height: 1, depth: 8, type: 3 }, [0, 0, 1], palette));
  assert.equal(
    [pixel(found, 0, 0), pixel(found, 1, 0)],
    [
      [255, 204, 204, 255],
      [0, 128, 255, 255],
    ],
  );
});

test('PNG: color types that do not come with this depth are refused', async () => {
  for (const [type, depth] of [
    [2, 4],
    [3, 16],
    [5, 8],
  ]) {
    const { message } = await failure(rawPng({ width: 1, height: 1, depth, type }, [0, 0, 0, 0]));
    assert.match(message, `no color type ${type} with ${depth} bits`);
  }
});

test('PNG: chunks of pixels may be empty', async () => {
  const empty = Array.from({ length: 1000 }, () => ['IDAT', []] as const);
  const found = await decode(rawPng({ width: 1, height: 1, depth: 8, type: 0 }, [0, 9], empty));
  assert.equal(Array.from(found.data), [9, 9, 9, 255]);
});

test('PNG, WebP: what is transparent lies on white', async () => {
  const glass = picture(3, 1, (x) => [255, 0, 0, [255, 51, 0][x]!]);
  for (const encode of [ENCODERS.png, ENCODERS.webp]) {
    const found = await decode(await encode(glass));
    assert.equal(Array.from(found.data), [255, 0, 0, 255, 255, 204, 204, 255, 255, 255, 255, 255]);
  }
});

/** Frames of 1 x 1 or more on a screen of 1 x 1, each of the given LZW codes of 3 bits. */
function gif(frames: readonly { codes: readonly number[]; width?: number; height?: number }[]): Uint8Array {
  const palette = [255, 0, 0, 0, 0, 255, 0, 255, 0, 0, 0, 0];
  const word = (value: number) => [value & 0xff, value >> 8];
  const frame = ({ codes, width = 1, height = 1 }: (typeof frames)[number]) => {
    const bits = codes.reduce((sum, code, i) => sum | (code << (3 * i)), 0); // lowest first
    const packed = [...word(bits & 0xffff), bits >> 16];
    const place = [0, 0, 0, 0, ...word(width), ...word(height), 0];
    return [0x21, 0xf9, 4, 0, 1, 0, 0, 0, 0x2c, ...place, 2, 3, ...packed, 0];
  };
  return new Uint8Array([
    ...[...ascii('GIF89a'), 1, 0, 1, 0, 0xf1, 0, 0],
    ...[...palette, ...frames.flatMap(frame), 0x3b],
  ]);
}

const [BLUE, GREEN, CLEAR, STOP] = [1, 2, 4, 5];

test('GIF: of an animation, the first frame', async () => {
  const found = await decode(gif([{ codes: [CLEAR, BLUE, STOP] }, { codes: [CLEAR, GREEN, STOP] }]));
  assert.equal(Array.from(found.data), [0, 0, 255, 255]);
});

test('GIF: a frame that holds more or fewer pixels than it says is damage, and nothing is printed', async () => {
  const { log } = console;
  const printed: unknown[] = [];
  console.log = (...words) => void printed.push(words);
  try {
    assert.match((await failure(gif([{ codes: [CLEAR, BLUE, BLUE, BLUE, STOP] }]))).message, 'more data');
    assert.match((await failure(gif([{ codes: [CLEAR, STOP] }]))).message, 'pixels are missing');
  } finally {
    console.log = log;
  }
  assert.equal(printed, []);
});

test('GIF: a frame that is larger than the screen counts for the limit', async () => {
  const frame = { codes: [CLEAR, BLUE, STOP], width: 60000, height: 50000 };
  assert.match((await failure(gif([frame]))).message, '60000 x 50000');
  const far = gif([{ codes: [CLEAR, BLUE, STOP] }]);
  const at = far.indexOf(0x2c);
  new DataView(far.buffer).setUint16(at + 1, 50000, true); // left
  new DataView(far.buffer).setUint16(at + 3, 40000, true); // top
  assert.match((await failure(far)).message, '50001 x 40001');
});

test('GIF: a frame lies at its offset on the screen', async () => {
  const bytes = gif([{ codes: [CLEAR, BLUE, STOP] }]);
  const at = bytes.indexOf(0x2c);
  new DataView(bytes.buffer).setUint16(6, 4, true); // the screen is 4 x 3
  new DataView(bytes.buffer).setUint16(8, 3, true);
  bytes[at + 1] = 2; // left
  bytes[at + 3] = 1; // top
  const found = await decode(bytes);
  assert.equal([found.width, found.height], [4, 3]);
  for (let y = 0; y < 3; y++)
    for (let x = 0; x < 4; x++)
      assert.equal(
        pixel(found, x, y),
        x === 2 && y === 1 ? [0, 0, 255, 255] : [255, 255, 255, 255],
        `${x}, ${y}`,
      );
});

test('GIF: a code that no string has yet is damage', async () => {
  for (const codes of [[CLEAR, 6], [CLEAR, 7], [CLEAR, BLUE, 7], [6]])
    assert.match((await failure(gif([{ codes: [...codes, STOP] }]))).message, 'LZW codes are damaged');
});

test('GIF: a code that leads back to itself ends nothing but the picture', async () => {
  const bytes = readFileSync(new URL('../cases/hostile/gif-lzw-endless.gif', import.meta.url));
  assert.match((await failure(bytes)).message, 'LZW codes are damaged');
});

test('GIF: a screen without pixels, and a frame outside of it, are damage', async () => {
  const bytes = gif([{ codes: [CLEAR, BLUE, STOP] }]);
  for (const side of [6, 8]) assert.match((await failure(bytes.with(side, 0))).message, 'no pixels');
  const frame = bytes.indexOf(0x2c);
  for (const offset of [1, 3])
    assert.match((await failure(bytes.with(frame + offset, 1))).message, 'outside of its screen');
});

test('GIF: a frame that sticks out of the screen enlarges it, and the rest is white', async () => {
  const bytes = gif([{ codes: [CLEAR, BLUE, GREEN, STOP], height: 2 }]).with(6, 2);
  const { data, width, height } = await decode(bytes);
  assert.equal([width, height], [2, 2]);
  const [blue, green, white] = [
    [0, 0, 255, 255],
    [0, 255, 0, 255],
    [255, 255, 255, 255],
  ];
  assert.equal(Array.from(data), [blue, white, green, white].flat());
});

test('GIF: interlaced rows come to their places', async () => {
  // Rows 0, 2 and 1 of three, by appendix E of GIF89a.
  const bytes = gif([{ codes: [CLEAR, 1, CLEAR, 2, CLEAR, 3, STOP], height: 3 }]);
  const { data } = await decode(bytes.with(bytes.indexOf(0x2c) + 9, 0x40));
  const colors = [0, 1, 2].map((row) => [...data.subarray(4 * row, 4 * row + 3)]);
  assert.equal(colors, [
    [0, 0, 255],
    [0, 0, 0],
    [0, 255, 0],
  ]);
});

test('PNG of 16 bits, JPEG in several scans and of four inks count twice for the limit', async () => {
  const deep = rawPng({ width: 2, height: 1, depth: 16, type: 0 }, [0, 0, 0, 0, 0]);
  for (const [bytes, pixels] of [
    [deep, 2],
    [cmykJpeg([[0, 0, 0, 0]]), 64],
  ] as const) {
    assert.match((await failure(bytes, { maxPixels: 2 * pixels - 1 })).message, 'half of the usual one');
    await decode(bytes, { maxPixels: 2 * pixels });
  }
});

test('GIF: there is one first frame, whatever extensions come before it', async () => {
  const plain = gif([{ codes: [CLEAR, BLUE, STOP] }]);
  // One that claims 12 bytes where there are 11, which hides a frame from those who count on 11.
  const note = [0x21, 0xff, 12, ...ascii('NETSCAPE2.0!'), 0];
  const found = await decode(new Uint8Array([...plain.subarray(0, 25), ...note, ...plain.subarray(25)]));
  assert.equal(Array.from(found.data), [0, 0, 255, 255]);
});

test('JPEG: a picture that goes over its pixels too often is refused before decoding', async () => {
  const jpeg = await encodeWith('image/jpeg', QUARTERS);
  const scan = Buffer.from(jpeg).indexOf('ffda', 'hex');
  const again = (times: number) =>
    new Uint8Array(
      Buffer.concat([
        jpeg.subarray(0, scan),
        ...Array.from({ length: times }, () => jpeg.subarray(scan, -2)),
        jpeg.subarray(-2),
      ]),
    );
  assert.match((await failure(again(101))).message, '101 scans');
  assert.not.match((await failure(again(100))).message, '100 times'); // it is damaged, though
});

test('a view into a larger buffer is read, and left alone', async () => {
  for (const encode of [ENCODERS.png, ENCODERS.jpeg]) {
    const bytes = await encode(QUARTERS);
    const buffer = Buffer.concat([Buffer.from('before'), bytes, Buffer.from('after')]);
    const found = await decode(buffer.subarray(6, 6 + bytes.length));
    assert.is(quarters(found), 'RBGW');
    assert.equal(new Uint8Array(buffer.subarray(6, 6 + bytes.length)), bytes);
  }
});

test('what is no image is told by its first bytes', async () => {
  assert.match((await failure(new Uint8Array())).message, 'it is empty');
  const { message } = await failure(new TextEncoder().encode('no image'));
  assert.match(message, '6e 6f 20 69');
  for (const { title } of Object.values(IMAGE_FORMATS)) assert.match(message, title);
  await failure(new TextEncoder().encode('BMW is no bitmap, and this is a sentence.'));
});

test('a header without pixels, or with absurdly many, is refused before decoding', async () => {
  const resized = async (width: number, height: number) => {
    const png = await encodeWith('image/png', QUARTERS);
    const view = new DataView(png.buffer);
    view.setUint32(16, width);
    view.setUint32(20, height);
    return png;
  };
  assert.match((await failure(await resized(0, 16))).message, 'no pixels');
  assert.match((await failure(await resized(0x7fffffff, 0x7fffffff))).message, '100 million');
});

test('BMP packed in runs is refused, which would come out in wrong colors', async () => {
  for (const [packing, name] of [
    [1, 'RLE8'],
    [2, 'RLE4'],
  ] as const) {
    const bytes = await encodeWith('image/bmp', QUARTERS);
    new DataView(bytes.buffer, bytes.byteOffset).setUint32(30, packing, true);
    const error = await decode(bytes).catch((error: unknown) => error);
    assert.instance(error, CamError, name);
    assert.match((error as CamError).message, /run-length encoding/);
  }
});

test.run();

// Files that store a picture turned, mirrored, or as the first of several; the pixels are Pillow's (stored.json).
import { readFileSync } from 'node:fs';
import { suite } from 'uvu';
import { CamError } from '../../src/errors.ts';
import { decode } from '../../src/image/decode.ts';
import { FOREIGN_IMAGES } from '../../src/image/foreign-images.ts';
import { exifOrientation } from '../../src/image/orientation.ts';
import * as assert from '../helpers/assert.ts';

interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly rgb: readonly number[];
}

interface Stored {
  readonly orientations: readonly {
    readonly orientation: number;
    readonly files: Readonly<Record<string, string>>;
    readonly upright: Pixels;
  }[];
  readonly animation: Pixels & { readonly file: string };
  readonly lossy: Omit<Pixels, 'rgb'> & {
    readonly file: string;
    readonly samples: readonly (readonly [x: number, y: number, ...rgb: number[]])[];
  };
}

const STORED = JSON.parse(readFileSync(new URL('stored.json', import.meta.url), 'utf8')) as Stored;

const bytesOf = (base64: string): Uint8Array => Uint8Array.from(Buffer.from(base64, 'base64'));

const test = suite('pictures as they are stored');

async function shows(file: string, { width, height, rgb }: Pixels): Promise<void> {
  const picture = await decode(bytesOf(file));
  assert.equal([picture.width, picture.height], [width, height]);
  assert.equal(
    [...picture.data].filter((_, at) => at % 4 !== 3),
    rgb,
  );
}

for (const { orientation, files, upright } of STORED.orientations)
  for (const [format, file] of Object.entries(files))
    test(`${format} with orientation ${orientation} is upright`, () => shows(file, upright));

test('the first frame of an animated WebP', () => shows(STORED.animation.file, STORED.animation));

test('a first frame with transparency, smaller than its canvas', async () => {
  const { file, width, height, samples } = STORED.lossy;
  const picture = await decode(bytesOf(file));
  assert.equal([picture.width, picture.height], [width, height]);
  for (const [x, y, ...rgb] of samples) {
    const at = 4 * (y * width + x);
    const found = [...picture.data.subarray(at, at + 3)];
    // Decoders round YUV to RGB differently.
    rgb.forEach((value, c) =>
      assert.ok(Math.abs(found[c] - value) <= 2, `(${x}, ${y}): ${found}, not ${rgb}`),
    );
  }
});

test('an animation without a frame is refused', async () => {
  const bytes = bytesOf(STORED.animation.file);
  const at = Buffer.from(bytes).indexOf('ANMF');
  const error = await decode(bytes.with(at, 0x58).with(Buffer.from(bytes).lastIndexOf('ANMF'), 0x58)).catch(
    (e: unknown) => e,
  );
  assert.match((error as CamError).message, /no frame/);
});

test('a first frame that is larger than its canvas is refused before decoding', async () => {
  const { file, width } = STORED.animation;
  const bytes = Buffer.from(bytesOf(file));
  const canvas = bytes.indexOf('VP8X') + 12;
  assert.is(1 + bytes.readUIntLE(canvas, 3), width);
  bytes.writeUIntLE(width - 2, canvas, 3); // one column less
  const error = await decode(bytes).catch((e: unknown) => e);
  assert.match((error as CamError).message, /first frame is larger than its canvas/);
});

test('a PNG with a wrong checksum is refused, and the chunk named', async () => {
  const bytes = bytesOf(STORED.orientations[0].files.png);
  for (const chunk of ['IHDR', 'IDAT', 'eXIf']) {
    const at = Buffer.from(bytes).indexOf(chunk) + 5;
    const error = await decode(bytes.with(at, bytes[at] ^ 0x40)).catch((e: unknown) => e);
    assert.instance(error, CamError);
    if (chunk !== 'IHDR') assert.match((error as CamError).message, `checksum of its ${chunk} chunk`);
  }
});

test('a damaged Exif block is upright', () => {
  const tiff = (...bytes: number[]) => Uint8Array.of(0x49, 0x49, 0x2a, 0, ...bytes);
  for (const block of [
    undefined,
    new Uint8Array(),
    tiff(8, 0, 0, 0),
    tiff(255, 255, 255, 255),
    tiff(8, 0, 0, 0, 255, 255, 1, 1),
    tiff(8, 0, 0, 0, 1, 0, 0x12, 1, 3, 0, 1, 0, 0, 0, 9, 0, 0, 0), // orientation 9
  ])
    assert.is(exifOrientation(block), 1);
  assert.is(exifOrientation(tiff(8, 0, 0, 0, 1, 0, 0x12, 1, 3, 0, 1, 0, 0, 0, 6, 0, 0, 0)), 6);
});

/** First bytes of formats that are not read, as their tools write them. */
const FOREIGN: readonly (readonly [title: string, start: string])[] = [
  ['AVIF', '\0\0\0\x20ftypavif\0\0\0\0'],
  ['HEIC', '\0\0\0\x18ftypheic\0\0\0\0'],
  ['camera raw', '\0\0\0\x18ftypcrx '],
  ['camera raw', 'FUJIFILMCCD-RAW 0201'],
  ['camera raw', 'IIU\0\x18\0'],
  ['video', '\0\0\0\x18ftypmp42'],
  ['SVG', '<?xml version="1.0"?>\n<!-- drawn -->\n<svg xmlns="http://www.w3.org/2000/svg">'],
  ['SVG', '<svg width="10">'],
  ['SVG', '\xef\xbb\xbf<svg>'],
  ['PDF', '%PDF-1.7\n'],
  ['DICOM', `${'\0'.repeat(128)}DICM`],
  ['NIfTI', '\x5c\x01\0\0'],
  ['gzip', '\x1f\x8b\x08\0'],
  ['JPEG XL', '\xff\x0a\xfa'],
  ['JPEG XL', '\0\0\0\x0cJXL \r\n\x87\n'],
  ['JPEG 2000', '\0\0\0\x0cjP  \r\n\x87\n'],
  ['icon', '\0\0\x01\0\x01\0'],
  ['Photoshop', '8BPS\0\x01'],
  ['OpenEXR', '\x76\x2f\x31\x01'],
  ['BigTIFF', 'II\x2b\0\x08\0'],
  ['web page', '<!DOCTYPE html><html>'],
];

for (const [title, start] of FOREIGN) {
  test(`${title} is named`, async () => {
    const bytes = Uint8Array.from(start, (letter) => letter.charCodeAt(0));
    const error = await decode(bytes).catch((e: unknown) => e);
    assert.instance(error, CamError);
    assert.is((error as CamError).code, 'BAD_IMAGE');
    assert.match(
      (error as CamError).message,
      new RegExp(`^This is an? .*${title}.*, which cannot be read\\. .+`),
    );
  });
}

test('every format that is not read has an example', () =>
  assert.equal(
    FOREIGN_IMAGES.filter(({ magic }) => !FOREIGN.some(([, start]) => magic.test(start))).map(
      ({ title }) => title,
    ),
    [],
  ));

test.run();

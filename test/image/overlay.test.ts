import { suite } from 'uvu';
import { CamError } from '../../src/errors.ts';
import { COLORMAPS } from '../../src/image/colormaps.ts';
import { blend, type OverlayOptions, signedPicture } from '../../src/image/overlay.ts';
import { loadKernels } from '../../src/kernels/index.ts';
import * as assert from '../helpers/assert.ts';
import { picture, pixel } from './pictures.ts';

const test = suite('overlay');
const kernels = await loadKernels();

const image = picture(3, 1, () => [100, 200, 50]);
const heatmap = { data: new Float32Array([0, 0.5, 1]), height: 1, width: 3 };

test('blends color and picture by alpha, without any rescaling', () => {
  for (const alpha of [0, 0.25, 0.5, 1]) {
    const found = blend(image, heatmap, { colormap: 'gray', alpha }, kernels);
    [0, 128, 255].forEach((gray, x) => {
      const expected = [100, 200, 50].map((v) => Math.round((1 - alpha) * v + alpha * gray));
      assert.equal(pixel(found, x, 0), [...expected, 255], `${x} at ${alpha}`);
    });
  }
});

test('by default, half of the default color map', () => {
  const [red, green, blue] = COLORMAPS.turbo.table().subarray(0, 3);
  const expected = [(100 + red!) / 2, (200 + green!) / 2, (50 + blue!) / 2].map(Math.round);
  assert.equal(pixel(blend(image, heatmap, {}, kernels), 0, 0), [...expected, 255]);
});

test('own color maps: a function of the value, or a table of 256 colors', () => {
  const black = picture(3, 1, () => [0, 0, 0]);
  const drawn = (colormap: OverlayOptions['colormap']) =>
    [0, 1, 2].map((x) => pixel(blend(black, heatmap, { colormap, alpha: 1 }, kernels), x, 0).slice(0, 3));
  const expected = [
    [255, 0, 0],
    [127, 128, 0],
    [0, 255, 0],
  ];
  const bytes = Array.from({ length: 256 }, (_, i) => [255 - i, i, 0]);
  assert.equal(drawn(bytes.flat()), expected);
  assert.equal(drawn(Uint8Array.from(bytes.flatMap((color) => [...color, 255]))), expected);
  assert.equal(
    drawn((value) => [255 - Math.round(255 * value), Math.round(255 * value), 0]),
    expected,
  );
});

test('leaves the picture alone', () => {
  blend(image, heatmap, {}, kernels);
  assert.equal(pixel(image, 0, 0), [100, 200, 50, 255]);
});

test('a heatmap of another size is refused', () => {
  assert.throws(
    () =>
      blend(
        picture(4, 1, () => [0, 0, 0]),
        heatmap,
        {},
        kernels,
      ),
    (error: unknown) => error instanceof CamError,
  );
});

test('a color map or an alpha that is none is refused', () => {
  for (const wrong of [
    { colormap: 'foo' },
    { colormap: 'toString' },
    { colormap: [1, 2, 3] },
    { colormap: null },
    { alpha: 1.5 },
    { alpha: NaN },
  ]) {
    assert.throws(
      () => blend(image, heatmap, wrong as OverlayOptions, kernels),
      (error: unknown) => (error as CamError).code === 'BAD_OPTION',
    );
  }
});

test('a signed map is centered on gray, and its largest magnitude reaches the end', () => {
  const map = { data: new Float32Array([0, -4, 2, 1]), channels: 1, height: 2, width: 2 };
  const gray = Array.from(signedPicture(map).data.filter((_, i) => i % 4 === 0));
  assert.equal(gray, [128, 1, 192, 160]); // 128 + 127 v / 4, rounded
  assert.equal(pixel(signedPicture(map), 1, 0), [1, 1, 1, 255]);
});

test('three channels share one scale and are red, green and blue, or blue, green and red', () => {
  const map = { data: new Float32Array([10, -5, 0]), channels: 3, height: 1, width: 1 };
  assert.equal(Array.from(signedPicture(map).data), [255, 64, 128, 255]);
  assert.equal(Array.from(signedPicture(map, 'bgr').data), [128, 64, 255, 255]);
});

test('an empty map is gray all over', () => {
  const map = { data: new Float32Array(12), channels: 3, height: 2, width: 2 };
  assert.ok(signedPicture(map).data.every((v, i) => v === (i % 4 === 3 ? 255 : 128)));
});

test('two channels cannot be shown', () => {
  const map = { data: new Float32Array(8), channels: 2, height: 2, width: 2 };
  assert.throws(
    () => signedPicture(map),
    (error: unknown) => (error as CamError).code === 'BAD_TENSOR',
  );
});

test.run();

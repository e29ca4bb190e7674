import { suite } from 'uvu';
import {
  defaultPreprocessing,
  pictureOf,
  type Preprocessing,
  toPicture,
  toTensor,
} from '../../src/image/preprocess.ts';
import type { Picture } from '../../src/image/source.ts';
import * as assert from '../helpers/assert.ts';
import { failure } from '../helpers/failure.ts';
import { picture } from './pictures.ts';

const test = suite('preprocess');

const PLAIN: Preprocessing = {
  height: 2,
  width: 2,
  fit: 'stretch',
  cropPct: 1,
  resample: 'antialias',
  channels: 'rgb',
  range: [0, 255],
  mean: [0, 0, 0],
  std: [1, 1, 1],
  layout: 'nchw',
};

// Pixels: red, green / blue, (10, 20, 30)
const FOUR = picture(
  2,
  2,
  (x, y) =>
    [
      [
        [255, 0, 0],
        [0, 255, 0],
      ],
      [
        [0, 0, 255],
        [10, 20, 30],
      ],
    ][y]![x]!,
);

const near = (found: ArrayLike<number>, expected: readonly number[]) => {
  assert.is(found.length, expected.length);
  expected.forEach((v, i) => assert.ok(Math.abs(found[i]! - v) < 1e-4, `[${i}] is ${found[i]}, not ${v}`));
};

test('layout and order of channels', () => {
  const { data, dims } = toTensor(FOUR, PLAIN);
  assert.equal(dims, [1, 3, 2, 2]);
  near(data, [255, 0, 0, 10, 0, 255, 0, 20, 0, 0, 255, 30]);
  const last = toTensor(FOUR, { ...PLAIN, layout: 'nhwc', channels: 'bgr' });
  assert.equal(last.dims, [1, 2, 2, 3]);
  near(last.data, [0, 0, 255, 0, 255, 0, 255, 0, 0, 30, 20, 10]);
});

test('gray is the luma of BT.601', () => {
  const { data, dims } = toTensor(FOUR, { ...PLAIN, channels: 'gray', mean: [0], std: [1] });
  assert.equal(dims, [1, 1, 2, 2]);
  near(data, [0.299 * 255, 0.587 * 255, 0.114 * 255, 2.99 + 11.74 + 3.42]);
});

test('range, then mean and deviation of each channel', () => {
  const settings = { ...PLAIN, height: 1, width: 1, mean: [0.5, 0, -1], std: [0.5, 2, 4] };
  const at = (range: readonly [number, number]) =>
    toTensor(
      picture(1, 1, () => [0, 255, 51]),
      { ...settings, range },
    ).data;
  near(at([0, 1]), [-1, 0.5, (0.2 + 1) / 4]);
  near(at([-1, 1]), [-3, 0.5, (-0.6 + 1) / 4]);
  near(at([0, 255]), [-1, 127.5, 13]);
});

test("ImageNet's black and white, as torchvision's Normalize gives them", () => {
  const p = defaultPreprocessing({ channels: 3, height: 1, width: 1, layout: 'nchw' });
  near(
    toTensor(
      picture(1, 1, () => [0, 0, 0]),
      p,
    ).data,
    [-2.117904, -2.035714, -1.804444],
  );
  near(
    toTensor(
      picture(1, 1, () => [255, 255, 255]),
      p,
    ).data,
    [2.248908, 2.428571, 2.64],
  );
});

test('crop sees the largest centered part of the proportions of the input', () => {
  // columns 1 and 2 of four, in a wide picture
  const wide = picture(4, 2, (x, y) => [x * 10 + y, 0, 0]);
  const { data, placement } = toTensor(wide, { ...PLAIN, fit: 'crop' });
  near(data.subarray(0, 4), [10, 20, 11, 21]);
  assert.equal(placement.from, { x: 1, y: 0, width: 2, height: 2 });
  assert.equal(placement.to, { x: 0, y: 0, width: 2, height: 2 });
});

test('letterbox sees all of it and pads with gray 114, normalized like the picture', () => {
  const wide = picture(4, 2, (x, y) => [x * 10 + y, 0, 0]);
  const { data, placement } = toTensor(wide, {
    ...PLAIN,
    height: 4,
    width: 4,
    fit: 'letterbox',
    range: [0, 1],
  });
  assert.equal(placement.to, { x: 0, y: 1, width: 4, height: 2 });
  const pad = [114, 114, 114, 114];
  near(
    data.subarray(0, 16).map((v) => v * 255),
    [...pad, 0, 10, 20, 30, 1, 11, 21, 31, ...pad],
  );
});

test('a picture comes back from its tensor', () => {
  for (const [channels, mean, std] of [
    ['rgb', [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]],
    ['bgr', [0.1, 0.2, 0.3], [2, 3, 4]],
  ] as const) {
    const p: Preprocessing = { ...PLAIN, channels, mean, std, range: [-1, 1] };
    assert.equal(
      toPicture({ data: toTensor(FOUR, p).data, channels: 3, height: 2, width: 2 }, p).data,
      FOUR.data,
    );
  }
  const gray: Preprocessing = { ...PLAIN, channels: 'gray', mean: [3], std: [2] };
  const { data } = toPicture(
    { data: new Float32Array([0, -2, 900]), channels: 1, height: 1, width: 3 },
    gray,
  );
  assert.equal(Array.from(data), [3, 3, 3, 255, 0, 0, 0, 255, 255, 255, 255, 255]);
});

test('defaults follow the input: its size, layout and channels', () => {
  const input = { channels: 3, height: 20, width: 30, layout: 'nhwc' } as const;
  assert.equal(defaultPreprocessing(input), {
    height: 20,
    width: 30,
    fit: 'stretch',
    cropPct: 1,
    resample: 'antialias',
    channels: 'rgb',
    range: [0, 1],
    mean: [0.485, 0.456, 0.406],
    std: [0.229, 0.224, 0.225],
    layout: 'nhwc',
  });
  assert.equal(defaultPreprocessing(input, 'bgr').mean, [0.406, 0.456, 0.485]);
  const gray = defaultPreprocessing({ ...input, channels: 1 });
  assert.is(gray.channels, 'gray');
  near(gray.mean, [0.449]);
  near(gray.std, [0.226]);
  assert.is(failure(() => defaultPreprocessing({ ...input, channels: 4 })).code, 'UNSUPPORTED_MODEL');
});

test('settings that do not fit are refused', () => {
  const bad: Partial<Preprocessing>[] = [
    { mean: [0] },
    { std: [1, 1] },
    { std: [1, 0, 1] },
    { mean: [0, NaN, 0] },
    { width: 0 },
    { height: 1.5 },
    { channels: 'gray' },
    { channels: 'foo' as 'rgb' },
    { fit: 'foo' as 'crop' },
    { cropPct: 0 },
    { cropPct: 1.01 },
    { cropPct: NaN },
    { layout: 'foo' as 'nchw' },
    { range: [0, 0] },
    { range: [0, Infinity] },
  ];
  for (const wrong of bad)
    assert.is(failure(() => toTensor(FOUR, { ...PLAIN, ...wrong })).code, 'BAD_OPTION');
});

test('pixels that are not as many as their picture says are refused', () => {
  const pixels = (data: unknown, width: number, height: number) => () =>
    pictureOf({ data, width, height } as Picture);
  pixels(new Uint8ClampedArray(24), 3, 2)();
  pixels(new Uint8Array(24), 3, 2)();
  for (const wrong of [
    pixels(new Uint8ClampedArray(10), 40, 30),
    pixels(new Uint8ClampedArray(0), 0, 30),
    pixels(new Uint8ClampedArray(24), NaN, 2),
    pixels(new Uint8ClampedArray(24), 1.5, 4),
    pixels(new Uint8ClampedArray(24), -3, -2),
    pixels(new Uint8ClampedArray(24), 1e5, 1e5),
    pixels(new Float32Array(24), 3, 2),
    pixels(undefined, 3, 2),
  ])
    assert.is(failure(wrong).code, 'BAD_IMAGE');
});

test.run();

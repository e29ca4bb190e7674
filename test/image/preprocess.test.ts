import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { CamError } from '../../src/errors.ts';
import {
  defaultPreprocessing,
  pictureOf,
  type Preprocessing,
  toPicture,
  toTensor,
} from '../../src/image/preprocess.ts';
import { readPreprocessorConfig, readTimmConfig } from '../../src/image/preprocessor-config.ts';
import type { Picture } from '../../src/image/source.ts';
import { picture } from './pictures.ts';

const test = suite('preprocess');

const PLAIN: Preprocessing = {
  height: 2,
  width: 2,
  fit: 'stretch',
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

function failure(work: () => unknown): CamError {
  try {
    work();
  } catch (error) {
    assert.instance(error, CamError);
    return error as CamError;
  }
  return assert.unreachable('nothing was thrown') as never;
}

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

// What the processors of these models (transformers, their main revisions) do.
const CONFIGS: [model: string, config: object, expected: Partial<Preprocessing>][] = [
  [
    'google/vit-base-patch16-224',
    {
      do_normalize: true,
      do_rescale: true,
      do_resize: true,
      image_mean: [0.5, 0.5, 0.5],
      image_std: [0.5, 0.5, 0.5],
      resample: 2,
      rescale_factor: 0.00392156862745098,
      size: { height: 224, width: 224 },
    },
    {
      height: 224,
      width: 224,
      fit: 'stretch',
      resample: 'antialias',
      range: [0, 1],
      mean: [0.5, 0.5, 0.5],
      std: [0.5, 0.5, 0.5],
    },
  ],
  [
    'microsoft/resnet-50',
    {
      crop_pct: 0.875,
      do_normalize: true,
      do_resize: true,
      image_mean: [0.485, 0.456, 0.406],
      image_std: [0.229, 0.224, 0.225],
      resample: 3,
      size: { shortest_edge: 224 },
    },
    {
      height: 224,
      width: 224,
      fit: 'crop',
      resample: 'bicubic',
      range: [0, 1],
      mean: [0.485, 0.456, 0.406],
      std: [0.229, 0.224, 0.225],
    },
  ],
  [
    'google/mobilenet_v2_1.0_224',
    {
      crop_size: { height: 224, width: 224 },
      do_center_crop: true,
      do_normalize: true,
      do_rescale: true,
      do_resize: true,
      image_mean: [0.5, 0.5, 0.5],
      image_std: [0.5, 0.5, 0.5],
      rescale_factor: 0.00392156862745098,
      size: { shortest_edge: 256 },
    },
    { height: 224, width: 224, fit: 'crop', range: [0, 1], mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] },
  ],
  [
    'apple/mobilevit-small',
    {
      crop_size: { height: 256, width: 256 },
      do_center_crop: true,
      do_flip_channel_order: true,
      do_rescale: true,
      do_resize: true,
      rescale_factor: 0.00392156862745098,
      size: { shortest_edge: 288 },
    },
    { height: 256, width: 256, fit: 'crop', range: [0, 1], mean: [0], std: [1], channels: 'bgr' },
  ],
  [
    'the old form of a size, and no normalization',
    { do_resize: true, size: 224, do_rescale: false, do_normalize: false },
    { height: 224, width: 224, fit: 'stretch', range: [0, 255], mean: [0], std: [1] },
  ],
  [
    'an offset that centers the range',
    { do_resize: false, size: 224, do_rescale: true, rescale_factor: 1 / 127.5, rescale_offset: true },
    { range: [-1, 1], mean: [0], std: [1] },
  ],
  [
    'an older MobileViT: what it does not say is not done',
    { do_resize: true, size: { shortest_edge: 32 }, do_center_crop: false, do_flip_channel_order: true },
    { height: 32, width: 32, fit: 'crop', range: [0, 1], mean: [0], std: [1], channels: 'bgr' },
  ],
  [
    'one mean for all channels',
    { size: [10, 20], image_mean: 0.5, image_std: 0.25 },
    { height: 10, width: 20, fit: 'stretch', range: [0, 1], mean: [0.5], std: [0.25] },
  ],
  [
    'a size by the longest edge',
    { size: { longest_edge: 64 }, do_pad: true },
    { height: 64, width: 64, fit: 'letterbox', range: [0, 1], mean: [0], std: [1] },
  ],
  [
    'a size within a rectangle',
    { size: { max_height: 40, max_width: 60 } },
    { height: 40, width: 60, fit: 'letterbox', range: [0, 1], mean: [0], std: [1] },
  ],
  ['null, as some exporters write a missing setting', { size: null, do_normalize: null }, {}],
  ['the settings of a tokenizer', { tokenizer_class: 'BertTokenizer' }, {}],
  ['nothing', {}, {}],
];

for (const [model, config, expected] of CONFIGS) {
  test(`preprocessor_config.json: ${model}`, () => {
    assert.equal(readPreprocessorConfig(JSON.stringify(config)), expected);
  });
}

for (const [setting, value] of [
  ['image_mean', 'x'],
  ['image_std', [0.5, '0.5']],
  ['size', 'large'],
  ['size', { height: 10 }],
  ['size', -1],
  ['size', 2.5],
  ['size', 1e9],
  ['image_mean', [0.5, 0.5]],
  ['image_std', [0.5, 0, 0.5]],
  ['rescale_factor', 0],
  ['rescale_factor', '1/255'],
  ['do_normalize', 'yes'],
] as const) {
  test(`preprocessor_config.json with an invalid ${setting}: ${JSON.stringify(value)}`, () => {
    const error = failure(() => readPreprocessorConfig(JSON.stringify({ [setting]: value })));
    assert.equal([error.code, error.option], ['BAD_MODEL', 'preprocessor']);
    assert.ok(error.message.startsWith(`preprocessor_config.json: "${setting}" is ${JSON.stringify(value)}`));
  });
}

const RESNET = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };

for (const [what, config, expected] of [
  [
    'pretrained_cfg',
    { architecture: 'resnet18', pretrained_cfg: { input_size: [3, 224, 200], crop_pct: 0.95, ...RESNET } },
    { height: 224, width: 200, fit: 'crop', range: [0, 1], ...RESNET },
  ],
  [
    'the keys of an older file',
    { architecture: 'vit', input_size: [3, 224, 224], crop_mode: 'squash', mean: [0.5, 0.5, 0.5] },
    { height: 224, width: 224, fit: 'stretch', range: [0, 1], mean: [0.5, 0.5, 0.5], std: [1] },
  ],
  ['a model of transformers', { id2label: {}, image_size: 224 }, {}],
] as const) {
  test(`config.json of timm: ${what}`, () => assert.equal(readTimmConfig(JSON.stringify(config)), expected));
}

for (const size of [
  [1e10, 8, 8],
  [3, -1, 0.5],
  [3, 8],
]) {
  test(`config.json of timm with input_size ${size}`, () =>
    assert.match(failure(() => readTimmConfig(JSON.stringify({ input_size: size }))).message, 'input_size'));
}

test('a mean alone is not divided by a deviation', () =>
  assert.equal(readPreprocessorConfig('{"image_mean": [0.5, 0.5, 0.5]}').std, [1]));

test('preprocessor_config.json that is none', () => {
  for (const text of ['', '{', '[]', 'null', '3'])
    assert.is(failure(() => readPreprocessorConfig(text)).code, 'BAD_MODEL');
});

test.run();

import { suite } from 'uvu';
import type { Preprocessing } from '../../src/image/preprocess.ts';
import { readModelConfig, readUnsureBelow } from '../../src/models/model-config.ts';
import { readPreprocessorConfig } from '../../src/models/preprocessor-config.ts';
import * as assert from '../helpers/assert.ts';
import { failure } from '../helpers/failure.ts';

const test = suite('settings beside a model');

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
      cropPct: 0.875,
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
    {
      ...{ height: 224, width: 224, fit: 'crop', cropPct: 0.875 },
      ...{ range: [0, 1], mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] },
    },
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
    {
      ...{ height: 256, width: 256, fit: 'crop', cropPct: 256 / 288 },
      ...{ range: [0, 1], mean: [0], std: [1], channels: 'bgr' },
    },
  ],
  [
    'facebook/convnext-base-384, which is not cropped',
    { crop_pct: 1, do_resize: true, size: { shortest_edge: 384 }, resample: 3 },
    { height: 384, width: 384, fit: 'stretch', resample: 'bicubic', range: [0, 1], mean: [0], std: [1] },
  ],
  [
    'sail/poolformer_s12: a size is the shortest edge, divided by crop_pct',
    {
      ...{ crop_pct: 0.9, do_resize: true, size: { height: 224, width: 224 } },
      ...{ do_center_crop: true, crop_size: { height: 224, width: 224 } },
    },
    { height: 224, width: 224, fit: 'crop', cropPct: 224 / 248, range: [0, 1], mean: [0], std: [1] },
  ],
  [
    'both sides are resized, then cropped',
    { size: { height: 256, width: 320 }, do_center_crop: true, crop_size: { height: 192, width: 240 } },
    { height: 192, width: 240, fit: 'stretch', cropPct: 0.75, range: [0, 1], mean: [0], std: [1] },
  ],
  [
    'the old form of a size is the shortest edge of what is cropped',
    { size: 40, do_center_crop: true, crop_size: 32 },
    { height: 32, width: 32, fit: 'crop', cropPct: 0.8, range: [0, 1], mean: [0], std: [1] },
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
    'facebook/detr-resnet-50: the shortest edge, unless the longest would be too long',
    { do_resize: true, size: { shortest_edge: 800, longest_edge: 1333 } },
    { height: 800, width: 1333, fit: 'proportional', range: [0, 1], mean: [0], std: [1] },
  ],
  [
    'an older DETR',
    {
      ...{ do_normalize: true, image_mean: [0.5], image_std: [0.5] },
      ...{ feature_extractor_type: 'DetrFeatureExtractor', size: 800, max_size: 1333 },
    },
    { height: 800, width: 1333, fit: 'proportional', range: [0, 1], mean: [0.5], std: [0.5] },
  ],
  [
    'both edges before a center crop: the shortest counts',
    { size: { shortest_edge: 40, longest_edge: 100 }, do_center_crop: true, crop_size: 32 },
    { height: 32, width: 32, fit: 'crop', cropPct: 0.8, range: [0, 1], mean: [0], std: [1] },
  ],
  [
    'both edges, and a center crop without a size of its own',
    { size: { shortest_edge: 40, longest_edge: 100 }, do_center_crop: true },
    { height: 40, width: 40, fit: 'crop', range: [0, 1], mean: [0], std: [1] },
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
  [
    'an older microsoft/resnet-50: one number is the shortest edge of its processor',
    { feature_extractor_type: 'ConvNextFeatureExtractor', crop_pct: 0.875, size: 224, do_normalize: false },
    { height: 224, width: 224, fit: 'crop', cropPct: 0.875, range: [0, 1], mean: [0], std: [1] },
  ],
  [
    'an older facebook/deit-base: one number is both sides of its processor',
    {
      ...{ feature_extractor_type: 'DeiTFeatureExtractor', do_normalize: false },
      ...{ size: 256, do_center_crop: true, crop_size: 224 },
    },
    { height: 224, width: 224, fit: 'stretch', cropPct: 0.875, range: [0, 1], mean: [0], std: [1] },
  ],
  [
    'facebook/levit-128S, whose processor resizes 224 to 256',
    {
      ...{ feature_extractor_type: 'LevitFeatureExtractor', do_normalize: false },
      ...{ size: 224, do_center_crop: true, crop_size: 224 },
    },
    { height: 224, width: 224, fit: 'crop', cropPct: 0.875, range: [0, 1], mean: [0], std: [1] },
  ],
  [
    "Keras' caffe",
    { mode: 'caffe', size: 8 },
    {
      ...{ height: 8, width: 8, fit: 'stretch', channels: 'bgr' },
      ...{ range: [0, 255], mean: [103.939, 116.779, 123.68], std: [1] },
    },
  ],
  ["Keras' tf", { mode: 'tf' }, { range: [-1, 1], mean: [0], std: [1] }],
  [
    "Keras' torch",
    { mode: 'torch' },
    { range: [0, 1], mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
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
  ['mode', 'Caffe'],
  ['mode', 3],
] as const) {
  test(`preprocessor_config.json with an invalid ${setting}: ${JSON.stringify(value)}`, () => {
    const error = failure(() => readPreprocessorConfig(JSON.stringify({ [setting]: value })));
    assert.equal([error.code, error.option], ['BAD_MODEL', 'preprocessor']);
    assert.ok(error.message.startsWith(`preprocessor_config.json: "${setting}" is ${JSON.stringify(value)}`));
  });
}

// image_mean and image_std of the classes in transformers 5.24.
const HALF = [0.5, 0.5, 0.5];
const IMAGENET_DEFAULT = [
  [0.485, 0.456, 0.406],
  [0.229, 0.224, 0.225],
];
for (const [key, type, mean, std] of [
  ['image_processor_type', 'ViTImageProcessor', HALF, HALF],
  ['feature_extractor_type', 'ViTFeatureExtractor', HALF, HALF],
  ['image_processor_type', 'ConvNextImageProcessorFast', HALF, HALF],
  ['image_processor_type', 'SegformerImageProcessor', ...IMAGENET_DEFAULT],
  ['image_processor_type', 'DetrImageProcessorPil', ...IMAGENET_DEFAULT],
  [
    ...(['image_processor_type', 'CLIPImageProcessor'] as const),
    ...[
      [0.48145466, 0.4578275, 0.40821073],
      [0.26862954, 0.26130258, 0.27577711],
    ],
  ],
  ['image_processor_type', 'toString', undefined, undefined],
  ['image_processor_type', 3, undefined, undefined],
] as const) {
  test(`do_normalize without numbers: those of ${type}`, () => {
    const found = readPreprocessorConfig(JSON.stringify({ [key]: type, do_normalize: true }));
    assert.equal([found.mean, found.std], [mean, std]);
  });
}

test('numbers in the file go before those of its processor', () => {
  const found = readPreprocessorConfig(
    '{"image_processor_type": "ViTImageProcessor", "do_normalize": true, "image_mean": [0, 0, 1]}',
  );
  assert.equal([found.mean, found.std], [[0, 0, 1], HALF]);
});

test('a mode of Keras and a mean exclude each other', () =>
  assert.match(
    failure(() => readPreprocessorConfig('{"mode": "tf", "image_mean": 0.5}')).message,
    '"image_mean" is 0.5, but takes no value beside a "mode" of Keras',
  ));

const RESNET = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };

for (const [what, config, expected] of [
  [
    'pretrained_cfg',
    { architecture: 'resnet18', pretrained_cfg: { input_size: [3, 224, 200], crop_pct: 0.95, ...RESNET } },
    { height: 224, width: 200, fit: 'crop', cropPct: 0.95, range: [0, 1], ...RESNET },
  ],
  [
    'the keys of an older file',
    { architecture: 'vit', input_size: [3, 224, 224], crop_mode: 'squash', mean: [0.5, 0.5, 0.5] },
    { height: 224, width: 224, fit: 'stretch', cropPct: 1, range: [0, 1], mean: [0.5, 0.5, 0.5], std: [1] },
  ],
  [
    'borders',
    { input_size: [3, 8, 8], crop_mode: 'border', crop_pct: 0.9, std: [0.5, 0.5, 0.5] },
    { height: 8, width: 8, fit: 'border', cropPct: 0.9, range: [0, 1], mean: [0], std: [0.5, 0.5, 0.5] },
  ],
  [
    'a mode of Keras',
    { mode: 'tf', size: [8, 9] },
    { height: 8, width: 9, fit: 'stretch', range: [-1, 1], mean: [0], std: [1] },
  ],
  ['another mode', { mode: 'eval' }, {}],
  ['a model of transformers', { id2label: {}, image_size: 224 }, {}],
] as const) {
  test(`config.json: ${what}`, () => assert.equal(readModelConfig(JSON.stringify(config)), expected));
}

for (const size of [
  [1e10, 8, 8],
  [3, -1, 0.5],
  [3, 8],
]) {
  test(`config.json of timm with input_size ${size}`, () =>
    assert.match(failure(() => readModelConfig(JSON.stringify({ input_size: size }))).message, 'input_size'));
}

for (const crop_pct of [0, -1, 1.5, 1e-300, '0.9']) {
  test(`crop_pct ${JSON.stringify(crop_pct)}`, () => {
    const of = { input_size: [3, 8, 8], size: 8, crop_pct };
    for (const read of [readModelConfig, readPreprocessorConfig])
      assert.match(failure(() => read(JSON.stringify(of))).message, /^\w+\.json: "crop_pct" is/);
  });
}

test('a crop from a shortest edge finds that edge again', () => {
  for (let edge = 1; edge <= 600; edge++) {
    for (const crop of [1, 7, 100, edge - 1, edge].filter((side) => side > 0 && side <= edge && side >= edge / 100)) {
      const config = { size: { shortest_edge: edge }, do_center_crop: true, crop_size: crop };
      const { cropPct = 1 } = readPreprocessorConfig(JSON.stringify(config));
      assert.is(Math.floor(crop / cropPct), edge);
    }
  }
});

for (const [what, config] of [
  ['larger than the resized picture', { size: { shortest_edge: 8 }, crop_size: 10 }],
  ['of other proportions than both sides', { size: { height: 8, width: 8 }, crop_size: [4, 6] }],
  ['that is not square, from a shortest edge', { size: { shortest_edge: 8 }, crop_size: [4, 6] }],
] as const) {
  test(`a crop ${what}`, () =>
    assert.match(
      failure(() => readPreprocessorConfig(JSON.stringify({ do_center_crop: true, ...config }))).message,
      /^preprocessor_config\.json: "crop_size" is/,
    ));
}

test('a mean alone is not divided by a deviation', () =>
  assert.equal(readPreprocessorConfig('{"image_mean": [0.5, 0.5, 0.5]}').std, [1]));

test('preprocessor_config.json that is none', () => {
  for (const text of ['', '{', '[]', 'null', '3'])
    assert.is(failure(() => readPreprocessorConfig(text)).code, 'BAD_MODEL');
});

test('the probability below which the best class is a guess', () => {
  assert.is(readUnsureBelow('{"unsure_below": 0.4}'), 0.4);
  for (const none of ['{}', 'not JSON', '{"unsure_below": null}']) assert.is(readUnsureBelow(none), undefined);
  for (const wrong of ['40', '-0.1', '"0.4"'])
    assert.match(failure(() => readUnsureBelow(`{"unsure_below": ${wrong}}`)).message, /"unsure_below" is .*, but takes/);
});

test.run();

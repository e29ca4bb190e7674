import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { suite } from 'uvu';
import { checkSettings } from '../../src/image/preprocess.ts';
import { Explainer, inspect, type PresetName,PRESETS } from '../../src/index.ts';
import { preprocessingFor } from '../../src/models/preprocessing.ts';
import { recognizedPreset } from '../../src/models/recognized-preset.ts';
import { loadModel } from '../../src/models/source.ts';
import type { Model } from '../../src/onnx/model.ts';
import * as assert from '../helpers/assert.ts';
import { rejection } from '../helpers/failure.ts';
import { fixture } from '../helpers/fixtures.ts';

const table = suite('the table of presets');

for (const [name, { preprocessing, about }] of Object.entries(PRESETS)) {
  table(`${name} is complete: what it says holds for an input of any size`, () => {
    checkSettings(preprocessing);
    assert.ok(about.length > 10);
    const dims = [1, 3, 'height', 'width'];
    const input = { name: 'x', type: 'float32' as const, dims, proto: new Uint8Array() };
    const { preprocessing: used, sources } = preprocessingFor(
      input,
      { from: 'preset', settings: preprocessing },
      {},
    )!;
    for (const key of ['range', 'mean', 'std'] as const) assert.is(sources[key], 'preset', key);
    assert.equal([used.mean.length, used.std.length], [3, 3]);
  });
}

/** Black and white of each channel, as published. */
const PUBLISHED: Partial<Record<PresetName, readonly [black: number[], white: number[]]>> = {
  // torchvision.transforms.Normalize in every classifier's recipe.
  imagenet: [
    [-0.485 / 0.229, -0.456 / 0.224, -0.406 / 0.225],
    [0.515 / 0.229, 0.544 / 0.224, 0.594 / 0.225],
  ],
  // ultralytics/data/augment.py: divided by 255.
  yolov8: [
    [0, 0, 0],
    [1, 1, 1],
  ],
  // YOLOX/yolox/data/data_augment.py, preproc: bytes as they are, of an image that OpenCV read (BGR).
  yolox: [
    [0, 0, 0],
    [255, 255, 255],
  ],
  // models/official/efficientnet/lite: MEAN_RGB 127, STDDEV_RGB 128.
  'efficientnet-lite': [
    [-127 / 128, -127 / 128, -127 / 128],
    [1, 1, 1],
  ],
  vit: [
    [-1, -1, -1],
    [1, 1, 1],
  ],
};
for (const [name, [black, white]] of Object.entries(PUBLISHED)) {
  table(`${name} has the published numbers`, () => {
    const { range, mean, std } = PRESETS[name as PresetName].preprocessing;
    const each = (value: number) =>
      [0, 1, 2].map((c) => (value - (mean![c] ?? mean![0])) / (std![c] ?? std![0]));
    for (const [found, wanted] of [
      [each(range![0]), black],
      [each(range![1]), white],
    ])
      found.forEach((value, c) => assert.ok(Math.abs(value - wanted[c]) < 1e-9));
  });
}
table.run();

const choice = suite('a preset');

choice('decides the preprocessing instead of the files, and the caller still changes it', async () => {
  const config = { pretrained_cfg: { input_size: [3, 32, 32], mean: [0.1, 0.1, 0.1], std: [1, 1, 1] } };
  const explainer = await Explainer.load(fixture('gap').model, {
    config,
    preset: 'yolox',
    preprocessing: { fit: 'crop' },
  });
  const { preprocessing, preprocessingSources } = explainer.info;
  assert.equal(
    [preprocessing!.channels, preprocessing!.range, preprocessing!.fit],
    ['bgr', [0, 255], 'crop'],
  );
  assert.equal([preprocessingSources!.range, preprocessingSources!.fit], ['preset', 'caller']);
  await explainer.close();
});

choice('says what the output holds, unless the call does', async () => {
  const { model } = fixture('gap');
  const kind = async (options: Parameters<typeof inspect>[1]) => (await inspect(model, options)).explained?.kind;
  assert.is(await kind({ preset: 'dinov2' }), 'values');
  assert.is(await kind({ preset: 'dinov2', outputKind: 'classes' }), 'classes');
  assert.is(await kind({ preset: 'imagenet' }), 'classes');
});

choice('that does not exist', async () => {
  const error = await rejection(Explainer.load(fixture('gap').model, { preset: 'yolo8' as PresetName }));
  assert.equal([error.code, error.option], ['BAD_OPTION', 'preset']);
  assert.match(error.message, /Did you mean "yolov8"/);
});
choice.run();

const recognized = suite('a preset that the graph reveals');

const port = (name: string, dims: readonly (number | string)[]) => ({
  name,
  type: 'float32' as const,
  dims,
  proto: new Uint8Array(),
});
/** A model with nothing but an input and an output. */
const declaring = (input: readonly (number | string)[], output: readonly (number | string)[]): Model => ({
  ...BASE,
  graph: { ...BASE.graph, nodes: [], inputs: [port('images', input)], outputs: [port('output0', output)] },
});
const { model: BASE } = await loadModel(fixture('gap').model);

// 640 pixels at strides 8, 16 and 32 are 6400 + 1600 + 400 cells; YOLOv5 has three anchors in each.
for (const [output, preset] of [
  [[1, 84, 8400], 'yolov8'],
  [['batch', 6, 8400], 'yolov8'],
  [[1, 8400, 85], 'yolox'],
  [[1, 25200, 85], 'yolov5'],
  [[1, 8400, 84], undefined],
  [[1, 1000], undefined],
  [[1, 84, 8000], undefined],
  [[1, 'fields', 8400], undefined],
] as const) {
  recognized(`output [${output.join(', ')}]: ${preset ?? 'none'}`, () =>
    assert.is(recognizedPreset(declaring([1, 3, 640, 640], output)), preset),
  );
}
recognized('nothing is known of an input without a size', () =>
  assert.is(recognizedPreset(declaring([1, 3, 'h', 'w'], [1, 84, 8400])), undefined),
);
recognized.run();

const folders = suite('a folder as a model');

/** Runs work with a folder of empty files, except models. */
async function inFolder(files: readonly string[], work: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'camwasm-folder-'));
  mkdirSync(join(folder, 'onnx'));
  for (const name of files)
    writeFileSync(join(folder, name), name.endsWith('.onnx') ? fixture('gap').model : '{"id2label": {"0": "ant"}}');
  try {
    await work(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

for (const [files, found] of [
  [['config.json', 'onnx/model.onnx', 'onnx/model_fp16.onnx'], 'onnx/model.onnx'],
  [['config.json', 'model.onnx', 'other.onnx'], 'model.onnx'],
  [['config.json', 'only.onnx'], 'only.onnx'],
] as const) {
  folders(`${files.join(', ')}: ${found}, with its labels`, () =>
    inFolder(files, async (folder) => {
      for (const place of [folder, `${folder}/`, pathToFileURL(folder)]) {
        const source = await loadModel(place);
        assert.ok(String(source.files[0]).endsWith(`/${found}`));
        assert.equal(source.labels, ['ant']);
      }
    }),
  );
}
folders('with several models asks for one', () =>
  inFolder(['a.onnx', 'b.onnx'], async (folder) => {
    const error = await rejection(loadModel(folder));
    assert.is(error.code, 'BAD_MODEL');
    assert.match(error.message, /Pass a model in it: a\.onnx, b\.onnx/);
  }),
);
folders.run();

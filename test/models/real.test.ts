import { readFileSync } from 'node:fs';
import { suite } from 'uvu';
import type { Preprocessing } from '../../src/image/preprocess.ts';
import { Explainer } from '../../src/index.ts';
import * as assert from '../helpers/assert.ts';
import { relativeError } from '../helpers/fixtures.ts';

// Trained public models and photos, too large for the repository: CAMWASM_MODELS names the folder that holds the models,
// with photos in its neighbor `photos`. Without it, these tests are skipped.
const models = process.env.CAMWASM_MODELS;
const photos = `${models}/../photos`;

interface Real {
  model: string;
  photo: string;
  /** What the photo shows, as the start of an ImageNet label; it must be the best class. */
  label?: string;
  /** The class to explain where the model does not know ImageNet's. */
  target?: number;
  preprocessing: Partial<Preprocessing>;
}

const tensorflow = { range: [-1, 1], mean: [0, 0, 0], std: [1, 1, 1] } as const;
const caffe = { channels: 'bgr', range: [0, 255], mean: [104, 117, 123], std: [1, 1, 1] } as const;

const REAL: readonly Real[] = [
  { model: 'mobilenet_v2_1.0_224', photo: 's_zebra.jpg', label: 'zebra', preprocessing: tensorflow },
  { model: 'mobilenet_v2_1.0_224', photo: 's_ladybug.jpg', label: 'ladybug', preprocessing: tensorflow },
  { model: 'squeezenet1_1_torchnorm', photo: 's_goldfish.jpg', label: 'goldfish', preprocessing: {} },
  { model: 'squeezenet1_1_fp16_opset7', photo: 's_goldfish.jpg', label: 'goldfish', preprocessing: caffe },
  { model: 'resnet20_cifar10', photo: 's_sports_car.jpg', target: 1, preprocessing: {} },
  {
    model: 'fer2013_mini_xception',
    photo: 'm_person_tie.png',
    target: 3,
    preprocessing: { range: [-1, 1], mean: [0], std: [1] },
  },
  { model: 'deeplab_v3_257', photo: 'm_two_horses.jpg', target: 13, preprocessing: tensorflow },
  {
    model: 'deeplabv3_mnv2_dm05_pascal',
    photo: 'm_person_dog_bottle.jpg',
    target: 12,
    preprocessing: tensorflow,
  },
];

const METHODS = ['gradcam', 'gradcampp', 'layercam', 'saliency', 'guided-backprop'];

/** Maps by Pillow, onnxruntime and differences: real.py. */
interface Reference {
  readonly model: string;
  readonly photo: string;
  readonly layer: string;
  readonly target: number;
  readonly size: readonly number[];
  readonly preprocessing: Partial<Preprocessing>;
  readonly gradcam: readonly number[];
  readonly eigencam: readonly number[];
}

const REFERENCES = JSON.parse(
  readFileSync(new URL('real.json', import.meta.url), 'utf8'),
) as readonly Reference[];

/** The same weights in float16, for pictures in other units. */
const goldfish = REFERENCES.find(({ model }) => model === 'squeezenet1_1_torchnorm')!;
const HALF: Reference = {
  ...goldfish,
  model: 'squeezenet1_1_fp16_opset7',
  preprocessing: { ...caffe, fit: 'stretch', resample: 'antialias' },
};

/** Decoders of JPEG differ by a level here and there, and float16 has 11 bits. */
const TOLERANCE = 0.03;

const test = suite('real models');

test('every row says what the photo shows, or which class to explain', () => {
  for (const { model, label, target } of REAL) assert.ok((label === undefined) !== (target === undefined), model);
});

const withModels = models === undefined ? test.skip : test;

for (const { model, photo, label, target, preprocessing } of REAL) {
  withModels(`${model}: ${photo}`, async () => {
    const labels = readFileSync(`${models}/imagenet-labels.txt`, 'utf8').trim().split('\n');
    const explainer = await Explainer.load(`${models}/${model}.onnx`, {
      preprocessing,
      labels: label === undefined ? [] : labels,
    });
    const report = await explainer.explainAll(readFileSync(`${photos}/${photo}`), {
      method: METHODS,
      target,
    });
    if (label !== undefined) assert.ok(report.prediction[0].label.startsWith(label), report.prediction[0].label);
    assert.equal(
      report.failures.map(({ method, error }) => `${method}: ${error.message}`),
      [],
    );
    for (const { heatmap, method, warnings } of report.explanations) {
      assert.equal(warnings, [], method);
      assert.ok(heatmap.data.every((value) => value >= 0 && value <= 1));
    }
    await explainer.close();
  });
}

for (const { model, photo, layer, target, size, preprocessing, ...maps } of [...REFERENCES, HALF]) {
  withModels(`${model}: the maps of ${photo} at ${layer} are those of onnxruntime and NumPy`, async () => {
    const explainer = await Explainer.load(`${models}/${model}.onnx`, { preprocessing });
    for (const method of ['gradcam', 'eigencam'] as const) {
      const options = { method, layer, target };
      const [raw] = (await explainer.explain(readFileSync(`${photos}/${photo}`), options)).raw;
      assert.equal([raw.height, raw.width], size);
      const error = relativeError(raw.data, maps[method]);
      assert.ok(error <= TOLERANCE, `${method} is off by ${error}`);
    }
    await explainer.close();
  });
}

test.run();

// Small models that once failed, with maps and logits that PyTorch computed on the same module before export
// (Grad-CAM: Σ_c mean(g_c)·A_c, without a final ReLU).
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import {
  CamError,
  Explainer,
  inspect,
  type LoadOptions,
  mapsOf,
  type MethodId,
  rawArrays,
  readNpy,
} from '../../src/index.ts';
import * as assert from '../helpers/assert.ts';
import { relativeError } from '../helpers/fixtures.ts';

const test = suite('cases with known results');

const pathOf = (name: string) => fileURLToPath(new URL(`../cases/${name}`, import.meta.url));
const wanted = (name: string) => readNpy(readFileSync(pathOf(name))).data;

async function withModel(
  folder: string,
  work: (explainer: Explainer) => Promise<void>,
  options?: LoadOptions,
): Promise<void> {
  const explainer = await Explainer.load(pathOf(`${folder}/model.onnx`), options);
  try {
    await work(explainer);
  } finally {
    await explainer.close();
  }
}

for (const [name, method, want, dims] of [
  ['ecg', 'gradcam', 'want-ecg-gradcam.npy', [250]],
  ['ecg', 'saliency', 'want-ecg-saliency.npy', [1000]],
  ['ct', 'gradcam', 'want-ct-gradcam.npy', [4, 8, 6]],
] as const) {
  test(`${method} of ${name === 'ecg' ? 'a signal' : 'a volume'} has the axes of its space`, async () => {
    const folder = 'signals-and-volumes';
    const explainer = await Explainer.load(pathOf(`${folder}/${name}.onnx`));
    const explanation = await explainer.explain(pathOf(`${folder}/${name}.npy`), { method });
    // The same without its batch axis: [C, L] or [C, D, H, W].
    const { dims: shape, data } = readNpy(readFileSync(pathOf(`${folder}/${name}.npy`)));
    const alone = await explainer.explain({ type: 'float32', dims: shape.slice(1), data }, { method });
    assert.equal(alone.raw, explanation.raw);
    await explainer.close();
    const [map] = rawArrays(explanation);
    assert.equal(map.dims, dims);
    assert.ok(relativeError(map.data, wanted(`${folder}/${want}`)) < 1e-5);
    const [heatmap] = mapsOf(explanation, false);
    assert.equal(heatmap.dims, name === 'ecg' ? [1000] : [16, 32, 24]);
  });
}

test('a mask of one channel is one class over all pixels', () =>
  withModel('binary-segmentation', async (explainer) => {
    const x = pathOf('binary-segmentation/x.npy');
    const { raw, output, target } = await explainer.explain(x);
    assert.equal([output.kind, target.index], ['mask', 0]);
    assert.ok(relativeError(raw[0].data, wanted('binary-segmentation/want-sum-of-logits.npy')) < 1e-5);
    const mask = await explainer.explain(x, { score: 'probability' });
    assert.ok(relativeError(mask.raw[0].data, wanted('binary-segmentation/want-sum-of-mask.npy')) < 1e-4);
    const error = await explainer.explain(x, { target: 'class:0@predicted' }).catch((e: unknown) => e);
    assert.match((error as CamError).message, /No pixel of the output "35" is predicted as class 0/);
  }));

test('-c car explains the strongest car of a detector', () =>
  withModel(
    'yolov8-head',
    async (explainer) => {
      const { raw, target } = await explainer.explain(pathOf('yolov8-head/x.npy'), {
        class: 'car',
        method: 'layercam',
      });
      assert.ok(Math.abs(target.score - 0.5593) < 5e-5);
      assert.ok(relativeError(raw[0].data, wanted('yolov8-head/want-car-layercam-n3.npy')) < 1e-5);
    },
    { labels: pathOf('yolov8-head/labels.txt') },
  ));

test('the first component of nonnegative activations is nonnegative', () =>
  withModel('eigencam-sign', async (explainer) => {
    const { raw, warnings } = await explainer.explain(pathOf('eigencam-sign/x.npy'), { method: 'eigencam' });
    assert.ok(relativeError(raw[0].data, wanted('eigencam-sign/want-eigencam.npy')) < 1e-5);
    assert.equal(warnings, []);
  }));

test('zeros before a MaxPool stay zeros', () =>
  withModel('pad-then-maxpool', async (explainer) => {
    const x = pathOf('pad-then-maxpool/x.npy');
    const { logits } = JSON.parse(readFileSync(pathOf('pad-then-maxpool/want.json'), 'utf8')) as {
      logits: number[];
    };
    for (const { index, logit } of await explainer.predict(x, { top: logits.length }))
      assert.ok(Math.abs(logit - logits[index]) < 1e-4);
    const { raw } = await explainer.explain(x);
    assert.ok(relativeError(raw[0].data, wanted('pad-then-maxpool/want-gradcam.npy')) < 1e-4);
  }));

test('the layer of an R-CNN is before the proposals, which get no gradient', () =>
  withModel('rcnn-automatic-layer', async (explainer) => {
    const x = pathOf('rcnn-automatic-layer/x.npy');
    const { raw, layers } = await explainer.explain(x, { target: 'scores[0]', method: 'layercam' });
    assert.equal(layers, ['feat']);
    assert.ok(relativeError(raw[0].data, wanted('rcnn-automatic-layer/want-layercam-feat.npy')) < 1e-3);
    const { layers: known } = await inspect(pathOf('rcnn-automatic-layer/model.onnx'));
    const reached = new Map(known.map(({ name, gradient }) => [name, gradient]));
    assert.equal([reached.get('feat'), reached.get('rpn')], [true, false]);
  }));

test('a convolution beside that of a shortcut is a layer', () =>
  withModel('layer-that-the-optimizer-fuses', async (explainer) => {
    const { raw } = await explainer.explain(pathOf('layer-that-the-optimizer-fuses/x.npy'), {
      layer: '/conv/Conv_output_0',
    });
    assert.ok(relativeError(raw[0].data, wanted('layer-that-the-optimizer-fuses/want-gradcam.npy')) < 1e-4);
  }));

test('gradients pass what rounds into the range, and the rounding at the end of a model', () =>
  withModel('quantized-output', async (explainer) => {
    // a logit of 255.3 steps
    const { tensors } = await explainer.explain(pathOf('quantized-output/x.npy'), {
      method: 'saliency',
      class: 0,
      tensors: true,
    });
    const want = wanted('quantized-output/want-input-gradient.npy');
    assert.ok(relativeError(tensors!.inputGradient!.data, want) < 1e-5);
  }));

/** Heatmaps of class 2 by models of one folder. */
async function heatmapsOf(folder: string, models: readonly string[], method: MethodId) {
  const found = [];
  for (const model of models) {
    const explainer = await Explainer.load(pathOf(`${folder}/${model}.onnx`));
    const { heatmap, layers } = await explainer.explain(pathOf(`${folder}/x.npy`), { method, class: 2 });
    await explainer.close();
    assert.ok(heatmap.data.some((value) => value === 1));
    found.push({ heatmap: heatmap.data, layers });
  }
  return found;
}

test('attention whose probabilities are rounded is attention', async () => {
  const models = ['vit_block_float', 'vit_block_qdq_softmax'];
  const [float, rounded] = await heatmapsOf('quantized-attention', models, 'gradcam');
  assert.equal(rounded.layers, ['norm1']);
  assert.ok(relativeError(rounded.heatmap, float.heatmap) < 5e-4);
});

test('a residual sum that is normalized in the same node is a residual sum', async () => {
  const models = ['vit_two_blocks', 'vit_two_blocks_ort_extended'];
  const [plain, fused] = await heatmapsOf('legrad-fused', models, 'legrad');
  assert.ok(relativeError(fused.heatmap, plain.heatmap) < 1e-5);
});

test('an input of bytes takes them as they are, from a picture and from a tensor', () =>
  withModel('uint8-input', async (explainer) => {
    const map = wanted('uint8-input/want-gradcam.npy');
    for (const image of ['uint8-input/x.png', 'uint8-input/x.npy']) {
      const { raw, target } = await explainer.explain(pathOf(image));
      assert.is(target.index, 4);
      assert.ok(Math.abs(target.probability! - 0.229) < 5e-4);
      assert.ok(relativeError(raw[0].data, map) < 1e-5, image);
    }
  }));

test('a normalization on top of bytes is refused', async () => {
  for (const [key, value] of [
    ['mean', [0.5]],
    ['std', [0.5, 0.5, 0.5]],
    ['range', [0, 1]],
  ] as const) {
    const error = await Explainer.load(pathOf('uint8-input/model.onnx'), {
      preprocessing: { [key]: value },
    }).catch((e: unknown) => e);
    assert.instance(error, CamError);
    assert.equal(
      [(error as CamError).code, (error as CamError).option],
      ['BAD_OPTION', `preprocessing.${key}`],
    );
  }
});

test('detections may be more in one image than in the next', () =>
  withModel(
    'nms-count-differs',
    async (explainer) => {
      const options = { method: 'layercam', target: 'scores[0]' } as const;
      const counts = [];
      for (const name of ['one', 'three', 'one']) {
        const { output, target } = await explainer.explain(pathOf(`nms-count-differs/${name}.png`), options);
        counts.push(output.dims[0]);
        assert.ok(target.score > 0.9);
      }
      assert.equal(counts, [4, 8, 4]);
      const none = await explainer
        .explain(pathOf('nms-count-differs/none.png'), options)
        .catch((e: unknown) => e);
      assert.match((none as CamError).message, /Nothing was detected in this image/);
    },
    { preprocessing: { mean: [0], std: [1] } },
  ));

test('steps that a preprocessor_config.json does not ask for are not done', () =>
  withModel('mobilevit-config', async (explainer) => {
    const logits = JSON.parse(readFileSync(pathOf('mobilevit-config/want-logits.json'), 'utf8')) as number[];
    const found = await explainer.predict(pathOf('mobilevit-config/x.png'), { top: logits.length });
    for (const { index, logit } of found) assert.ok(Math.abs(logit - logits[index]) < 1e-4, `class ${index}`);
    assert.is(found.length, logits.length);
  }));

test.run();

import { suite } from 'uvu';
import { imagenetLabels } from '../../src/hub/imagenet.ts';
import { KNOWN_MODELS } from '../../src/hub/known-models.ts';
import { isModelName, parseReference, requireReference } from '../../src/hub/reference.ts';
import { MIXES } from '../../src/image/channels.ts';
import { PRESETS } from '../../src/models/presets.ts';
import * as assert from '../helpers/assert.ts';
import { failure } from '../helpers/failure.ts';

const names = suite('names of models');

for (const [text, repository, revision, file] of [
  ['hf:me/cats', 'me/cats', 'main', undefined],
  ['hf:me/cats_2.0@v1', 'me/cats_2.0', 'v1', undefined],
  ['hf:me/cats@refs/pr/1:fp16', 'me/cats', 'refs/pr/1', 'fp16'],
  ['hf:me/cats:onnx/model.onnx', 'me/cats', 'main', 'onnx/model.onnx'],
  ['https://huggingface.co/me/cats/blob/main/onnx/model.onnx', 'me/cats', 'main', 'onnx/model.onnx'],
  [
    'https://huggingface.co/me/cats/resolve/refs%2Fpr%2F1/a.onnx?download=true',
    'me/cats',
    'refs/pr/1',
    'a.onnx',
  ],
] as const) {
  names(text, () => assert.equal(parseReference(text), { kind: 'hub', text, repository, revision, file }));
}

names('an address', () => {
  const reference = parseReference('https://example.com/model.onnx');
  assert.is(reference?.kind, 'address');
});

for (const path of [
  'model.onnx',
  './mobilenetv2',
  'C:\\models\\a.onnx',
  '/m/mobilenetv2',
  'constructor',
  '__proto__',
  '',
])
  names(`a path: ${path}`, () => assert.is(isModelName(path), false));

for (const text of [
  'hf:',
  'hf:cats',
  'hf:me/cats/more',
  'hf:me/../x',
  'hf:me/cats:../../secret.onnx',
  'hf:me/cats@:x',
  'https://',
])
  names(`neither: ${text}`, () => {
    const { code, message } = failure(() => parseReference(text));
    assert.is(code, 'BAD_OPTION');
    assert.ok(message.includes(`"${text}"`));
  });

names('a name that is nearly right', () => {
  assert.match(failure(() => requireReference('mobilenet2')).message, /Did you mean "mobilenetv2"/);
});
names.run();

const table = suite('the table of known models');

for (const [name, model] of Object.entries(KNOWN_MODELS)) {
  table(`${name} is complete`, () => {
    assert.match(name, /^[a-z\d][a-z\d.-]*$/); // a folder of every file system, and not a path
    assert.match(model.sha256, /^[0-9a-f]{64}$/);
    assert.match(model.repository, /^[\w.-]+\/[\w.-]+$/);
    assert.match(model.file, /^[\w.-]+\.onnx$/);
    assert.ok(model.bytes > 1e6 && model.classes > 1);
    if (model.labels !== 'imagenet') assert.is(model.labels.length, model.classes);
    if (model.labels === 'imagenet') assert.is(model.classes, 1000);
  });
}
table('no file stands twice', () => {
  const sums = Object.values(KNOWN_MODELS).map(({ sha256 }) => sha256);
  assert.is(new Set(sums).size, sums.length);
});
table("ImageNet's labels are those of the built-in model, in the usual order", async () => {
  const labels = (await imagenetLabels())!;
  // https://github.com/anishathalye/imagenet-simple-labels and every other list.
  for (const [index, name] of [
    [0, 'tench'],
    [281, 'tabby'],
    [999, 'toilet tissue'],
  ] as const)
    assert.match(labels[index], new RegExp(`^${name}`));
});
// As its page says: https://github.com/onnx/models, googlenet/README.md.
table("googlenet takes Caffe's bytes, blue first, stretched", () => {
  const { preset, preprocessing } = KNOWN_MODELS.googlenet;
  const { channels, range, mean, std, fit } = { ...PRESETS[preset].preprocessing, ...preprocessing };
  assert.equal(
    [channels, range, mean, std, fit],
    ['bgr', [0, 255], [103.939, 116.779, 123.68], [1], 'stretch'],
  );
  assert.equal(MIXES.bgr[0], [0, 0, 1]);
});
table.run();

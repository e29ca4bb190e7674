import { suite } from 'uvu';
import type { Inspection } from '../../src/index.ts';
import { METHODS } from '../../src/methods/index.ts';
import * as assert from '../helpers/assert.ts';
import { camwasm, INSPECTION, PREPARED } from './fake.ts';

const inspect = suite('camwasm inspect');

inspect('shows what is in a model, and what can be explained of it', async () => {
  const { code, stdout, asked } = await camwasm(['inspect', 'm.onnx', '--size', '64', '--tokens', '2x2+1']);
  assert.is(code, 0);
  assert.match(asked.model!, /\/m\.onnx$/);
  assert.equal(asked.load, {
    preprocessing: { width: 64, height: 64 },
    tokens: { height: 2, width: 2, prefix: 1 },
  });
  assert.is(
    stdout,
    [
      'Inputs',
      '  x  float32 [N, 3, 224, ?]',
      '',
      'Outputs',
      '  y  float32 unknown shape',
      '',
      'Operators (opset 17, 1.23 million parameters)',
      '  Conv     12',
      '  NonZero  1',
      '',
      'Explained',
      '  fc, before the softmax of y  [1, 5]  5 classes',
      '',
      'Layers (* is the default: the last one that a gradient reaches)',
      '    stage3  Conv  [1, 8, 4, 4]  nchw          no gradient',
      '  * stage4  Add   [1, 5, 16]    tokens 2x2+1',
      '',
      'Nodes that block gradients',
      '  /pick  NonZero has no gradient. Gradients reach stage4.',
      '  Gradients do not reach the input, so saliency methods do not work.',
      '',
      'Operators without a gradient',
      '  NonZero  1',
      '',
      'Try',
      '  camwasm input.npy --model m.onnx --tokens 2x2+1 --size 64 -c cat                            # a class, by name or index',
      '  camwasm input.npy --model m.onnx --tokens 2x2+1 --size 64 -l stage4                         # a layer by name, here the default',
      '  camwasm input.npy --model m.onnx --tokens 2x2+1 --size 64 --target "class:cat - class:dog"  # why one class rather than another',
      '',
    ].join('\n'),
  );
});
inspect('shows who decided each setting of the preprocessing', async () => {
  const { stdout } = await camwasm(['inspect', 'm.onnx'], { inspection: PREPARED });
  const [, section] = stdout.split('Preprocessing\n');
  assert.is(
    section.split('\n\n')[0],
    [
      "  width 224, height 200, nchw  (the model's input)",
      '  fit crop, crop-pct 0.875  (config.json)',
      '  bicubic, std 1, 2, 3  (default)',
      '  bgr  (asked for)',
      "  range 0..1  (the model's metadata)",
      '  mean 0.5, 0.5, 0.5  (preprocessor_config.json)',
    ].join('\n'),
  );
});

/** A stem, and two blocks of a norm and a sum, of which the last norm is the default. */
const BLOCKS: Partial<Inspection> = {
  layers: ['stem', 'blocks.0.norm', 'blocks.0', 'blocks.1.norm', 'blocks.1'].map((module, i) => ({
    ...INSPECTION.layers[1],
    name: `v${i}`,
    op: module.endsWith('norm') ? 'LayerNormalization' : 'Add',
    module,
    automatic: i === 3,
  })),
  modules: [
    { name: 'stem', parent: null, layer: 'v0' },
    { name: 'blocks', parent: null, layer: 'v4' },
    { name: 'blocks.0', parent: 'blocks', layer: 'v2' },
    { name: 'blocks.0.norm', parent: 'blocks.0', layer: 'v1' },
    { name: 'blocks.1', parent: 'blocks', layer: 'v4' },
    { name: 'blocks.1.norm', parent: 'blocks.1', layer: 'v3' },
  ],
  automatic: { layer: 'v3', why: 'the first normalization' },
};

/** The rows of the section on layers, without their shapes. */
async function layerLines(...argv: string[]): Promise<string[]> {
  const { stdout } = await camwasm(['inspect', 'm.onnx', ...argv], { inspection: BLOCKS });
  const [, section] = /\nLayers.*\n([^]*?)\n\n/.exec(stdout)!;
  return section.split('\n').map((line) => line.replace(/ {2}\[1, 5, 16\] {2}tokens 2x2\+1/, '').trimEnd());
}

inspect('groups layers by module: one row each, except where most layers are, and the default', async () => {
  assert.equal(await layerLines(), [
    '    stem               Add',
    '    blocks             Add',
    '      blocks.0         Add                 2 layers',
    '      blocks.1         Add                 2 layers',
    '  *     blocks.1.norm  LayerNormalization',
  ]);
});
inspect('--expand lists every layer, with the name of its value', async () => {
  assert.equal(await layerLines('--expand'), [
    '    stem               Add                 v0',
    '    blocks             Add',
    '      blocks.0         Add',
    '        blocks.0.norm  LayerNormalization  v1',
    '        v2             Add',
    '      blocks.1         Add',
    '  *     blocks.1.norm  LayerNormalization  v3',
    '        v4             Add',
  ]);
});
inspect(
  'a module whose value is not a layer is listed without one, and the default in it is still marked',
  async () => {
    const modules = BLOCKS.modules!.map((one) => (one.name === 'blocks.1' ? { ...one, layer: null } : one));
    const { stdout } = await camwasm(['inspect', 'm.onnx'], { inspection: { ...BLOCKS, modules } });
    assert.match(stdout, /\n {6}blocks\.1 +2 layers\n {2}\* {5}blocks\.1\.norm {2}LayerNormalization/);
  },
);
inspect('--json has the module of every layer', async () => {
  const { stdout } = await camwasm(['inspect', 'm.onnx', '--json'], { inspection: BLOCKS });
  const { layers, modules } = JSON.parse(stdout) as Inspection;
  assert.equal(
    layers.map(({ module }) => module),
    ['stem', 'blocks.0.norm', 'blocks.0', 'blocks.1.norm', 'blocks.1'],
  );
  assert.equal(modules, BLOCKS.modules);
});
inspect('a model that gradients pass has nothing in their way', async () => {
  const inspection = { barriers: [], inputGradient: true, unsupported: [] };
  const { stdout } = await camwasm(['inspect'], { inspection });
  assert.match(stdout, /Nodes that block gradients\n {2}none: gradients reach all layers and the input\n/);
});
inspect('says why a model cannot be run', async () => {
  const inspection = {
    explained: null,
    layers: [],
    automatic: null,
    barriers: [],
    problem: 'It has a loop.',
  };
  const { code, stdout } = await camwasm(['inspect'], { inspection });
  assert.is(code, 0);
  assert.match(stdout, /\nThis model cannot be explained\n {2}It has a loop\.\n$/);
  assert.not.match(stdout, /Layers/);
});
inspect('--json is one versioned object', async () => {
  const json = JSON.parse((await camwasm(['inspect', 'm.onnx', '--json'])).stdout) as Record<string, unknown>;
  assert.equal(
    [json.schema, json.model, json.opset, json.unsupported],
    ['camwasm/1', 'm.onnx', 17, ['NonZero']],
  );
});
inspect('takes the built-in model when none is named, and never two', async () => {
  assert.is((await camwasm(['inspect'])).asked.model, undefined);
  const two = await camwasm(['inspect', 'a.onnx', 'b.onnx']);
  assert.is(two.code, 2);
  assert.match(two.stderr, /one model\. Remove "b\.onnx"/);
});
inspect.run();

const methods = suite('camwasm methods');

methods('lists every method with its paper', async () => {
  const { code, stdout } = await camwasm(['methods']);
  assert.is(code, 0);
  for (const [id, { about, when, cost, paper }] of Object.entries(METHODS)) {
    for (const text of [id, about, when, cost, paper]) assert.ok(stdout.includes(text), text);
  }
});
methods('--json is one versioned object', async () => {
  const json = JSON.parse((await camwasm(['methods', '--json'])).stdout) as Record<string, never>;
  assert.is(json.schema, 'camwasm/1');
  assert.equal(
    (json.methods as { id: string }[]).map(({ id }) => id),
    Object.keys(METHODS),
  );
});
methods('takes nothing else', async () => {
  const { code, stderr } = await camwasm(['methods', 'gradcam']);
  assert.is(code, 2);
  assert.match(stderr, /takes no arguments/);
});
methods.run();

const verify = suite('camwasm verify');

verify('prints a table, and passes on what is asked', async () => {
  const line = 'verify m.onnx -c 1 -l block --seed 3 --directions 5 --operators'.split(' ');
  const { code, stdout, asked } = await camwasm(line);
  assert.is(code, 0);
  assert.is(asked.model?.endsWith('m.onnx'), true);
  const { class: index, layer, seed, directions, operators } = asked.load as Record<string, unknown>;
  assert.equal([index, layer, seed, directions, operators], ['1', ['block'], 3, 5, true]);
  assert.match(stdout, /Gradients of dog = 1\.5/);
  assert.match(stdout, /input {2}x {6}gradient {3}2 {10}2\.0001 {4}5\.0e-5 {6}equal/);
  assert.match(stdout, /No gradient is wrong\.\n$/);
});
verify('exits with 1 on a mismatch, in JSON too', async () => {
  const verification = { ok: false };
  assert.is((await camwasm(['verify', 'm.onnx'], { verification })).code, 1);
  const { code, stdout } = await camwasm(['verify', 'm.onnx', '--json'], { verification });
  assert.is(code, 1);
  const { schema, model, image, ok, gradients } = JSON.parse(stdout) as Record<string, unknown>;
  assert.equal([typeof schema, model, image, ok], ['string', 'm.onnx', null, false]);
  assert.is((gradients as unknown[]).length, 1);
});
verify('takes one model, one image and one target', async () => {
  for (const line of [
    'verify a.onnx b.jpg c.jpg',
    'verify a.onnx b.jpg -c 1,2 -c 3',
    'verify a.onnx -c 1 --target y[0]',
  ])
    assert.is((await camwasm(line.split(' '))).code, 2, line);
});
verify.run();

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { METHODS } from '../../src/methods/index.ts';
import { camwasm } from './fake.ts';

const inspect = suite('camwasm inspect');

inspect('shows what is in a model, and marks the automatic layer', async () => {
  const { code, stdout, asked } = await camwasm(['inspect', 'm.onnx', '--size', '64']);
  assert.is(code, 0);
  assert.match(asked.model!, /\/m\.onnx$/);
  assert.equal(asked.load, { preprocessing: { width: 64, height: 64 } });
  assert.is(
    stdout,
    [
      'Inputs',
      '  x  float32 [N, 3, 224, ?]',
      '',
      'Outputs',
      '  y  float32 of unknown shape',
      '',
      'Operators (opset 17)',
      '  Conv     12',
      '  NonZero  1',
      '',
      'Layers (* is chosen by itself)',
      '    stage3  Conv  [1, 8, 4, 4]',
      '  * stage4  Relu  [1, 16, 2, 2]',
      '',
      'Operators without a gradient',
      '  NonZero  1',
      '',
    ].join('\n'),
  );
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
  assert.match(two.stderr, /one model, not also "b\.onnx"/);
});
inspect.run();

const methods = suite('camwasm methods');

methods('lists every method with its paper', async () => {
  const { code, stdout } = await camwasm(['methods']);
  assert.is(code, 0);
  for (const [id, { about, paper }] of Object.entries(METHODS)) {
    for (const text of [id, about, paper]) assert.ok(stdout.includes(text), text);
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
  assert.match(stderr, /takes no "gradcam"/);
});
methods.run();

import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import { CamError, verifyGradients } from '../../src/index.ts';
import { OPERATORS } from '../../src/operators/index.ts';
import type { Operator } from '../../src/operators/operator.ts';
import * as assert from '../helpers/assert.ts';
import { fixture, fixtureNames } from '../helpers/fixtures.ts';
import { Draft, positions } from '../network/draft.ts';

const test = suite('gradients against differences of the model');

/** y = W tanh(mean of a convolution): smooth everywhere. */
const smooth = (() => {
  const d = new Draft();
  const map = d.e.op('Tanh', [d.conv(d.e.input('x', 'float32', [1, 2, 16, 16]), 2, 4, { stride: 2 })]);
  d.e.output(d.head(map, 4, [2, 3]), 'y');
  return d.e.bytes(new Map([['', 18]]), 8);
})();
const image = positions(16, 16);

test('a smooth network agrees at the input, at the layer, and operator by operator', async () => {
  const found = await verifyGradients(smooth, image, { operators: true, directions: 2, class: 1 });
  assert.ok(found.ok);
  assert.equal(found.missing, []);
  assert.equal(
    found.gradients.map(({ at, direction, verdict }) => `${at} ${direction} ${verdict}`).slice(0, 6),
    [
      ...['gradient', 'random', 'random'].map((direction) => `input ${direction} equal`),
      ...['gradient', 'random', 'random'].map((direction) => `layer ${direction} equal`),
    ],
  );
  const operators = found.gradients.filter(({ at }) => at === 'operator');
  assert.ok(operators.length >= 4);
  assert.ok(operators.every(({ verdict }) => verdict === 'equal'));
  assert.ok(found.optimizer.length === 2 && found.optimizer.every(({ verdict }) => verdict === 'equal'));
  const again = await verifyGradients(smooth, image, { operators: true, directions: 2, class: 1 });
  assert.equal(again, found, 'the same seed gives the same numbers');
});

test('a wrong rule is found, and the operator that has it', async () => {
  const rows = OPERATORS as Map<string, Operator>;
  const right = rows.get('Tanh')!;
  rows.set('Tanh', { axes: right.axes, vjp: ({ g, e }) => e.mul(g, 0.9) });
  try {
    const found = await verifyGradients(smooth, image, { operators: true, class: 1 });
    assert.not.ok(found.ok);
    const wrong = found.gradients.filter(({ verdict }) => verdict === 'mismatch');
    assert.ok(wrong.some(({ at }) => at === 'input'));
    assert.equal(
      wrong.filter(({ at }) => at === 'operator').map(({ name }) => name.split(' ')[0]),
      ['Tanh'],
    );
  } finally {
    rows.set('Tanh', right);
  }
});

test('regions that move with the image are no error: no gradient passes through them by convention', async () => {
  const pathOf = (name: string) =>
    fileURLToPath(new URL(`../cases/rcnn-automatic-layer/${name}`, import.meta.url));
  const found = await verifyGradients(pathOf('model.onnx'), pathOf('x.npy'), { target: 'scores[0]' });
  assert.ok(found.ok);
  const verdicts = new Set(found.gradients.map(({ verdict }) => verdict));
  assert.equal([...verdicts].sort(), ['detached', 'equal']);
});

test('without an image the input is noise', async () => {
  const found = await verifyGradients(undefined, undefined, { directions: 1 });
  assert.ok(found.ok);
  assert.ok(found.gradients.some(({ at }) => at === 'layer'));
});

for (const name of fixtureNames()
  .filter((one) => !/float16|half|int8|qdq|quant/i.test(one))
  .slice(0, 8)) {
  test(`${name}: no gradient is wrong, operator by operator`, async () => {
    const { model, tensor, target, layer } = fixture(name);
    const found = await verifyGradients(model, tensor('input'), {
      target,
      layer,
      operators: true,
      directions: 1,
    });
    assert.equal(
      found.gradients.filter(({ verdict }) => verdict === 'mismatch'),
      [],
    );
    assert.ok(
      found.gradients.filter(({ verdict }) => verdict === 'equal').length > 0.7 * found.gradients.length,
    );
  });
}

test('options are checked, and an abort stops', async () => {
  for (const [options, message] of [
    [{ directions: -1 }, /directions/],
    [{ method: 'gradcam' }, /Unknown option `method`/],
  ] as const) {
    const error = await verifyGradients(smooth, image, options as object).catch((e: unknown) => e);
    assert.instance(error, CamError);
    assert.match((error as CamError).message, message);
  }
  const stopped = await verifyGradients(smooth, image, { signal: AbortSignal.abort() }).catch(
    (e: unknown) => e,
  );
  assert.is((stopped as CamError).code, 'ABORTED');
});

test.run();

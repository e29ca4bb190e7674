// Models that declare what nothing can hold, or hold what few do.
import { readFileSync } from 'node:fs';
import { suite } from 'uvu';
import { Explainer, inspect } from '../../src/index.ts';
import { Emitter } from '../../src/onnx/emitter.ts';
import { makeTensor } from '../../src/onnx/tensor.ts';
import * as assert from '../helpers/assert.ts';
import { rejection } from '../helpers/failure.ts';

const test = suite('hostile models');

const fileOf = (name: string) => readFileSync(new URL(`../cases/hostile/${name}`, import.meta.url));

/** The mean of an input's values, for any number of axes. */
function meanOf(...inputs: readonly (readonly (number | string)[])[]): Uint8Array {
  const e = new Emitter();
  const means = inputs.map((dims, i) => e.op('ReduceMean', [e.input(`x${i}`, 'float32', dims)]));
  means.forEach((mean, i) => e.output(mean, `y${i}`));
  return e.bytes();
}

const MOST = 2 ** 31 - 1;

for (const dims of [
  [1, 3, 20000, 20000],
  [1, 3, MOST, MOST],
  [1, 3, MOST, 'W'],
  [1, MOST, 1, 1],
  [1, 3, MOST],
  [1, 1, 4096, 4096, 4096],
  [MOST],
  [2 ** 53, 2 ** 53, 2 ** 53, 2 ** 53],
]) {
  test(`an input of [${dims.join(', ')}] is refused before anything of its size is allocated`, async () => {
    for (const model of [meanOf(dims), meanOf([1, 3, 8, 8], dims)]) {
      for (const work of [Explainer.load, inspect]) {
        const error = await rejection(work(model));
        assert.is(error.code, 'UNSUPPORTED_MODEL');
        assert.match(error.message, 'the limit is 100663296');
      }
    }
  });
}

test('an input without values is refused', async () => {
  const error = await rejection(Explainer.load(meanOf([1, 3, 0, 8])));
  assert.is(error.code, 'UNSUPPORTED_MODEL');
  assert.match(error.message, 'is empty');
});

test('a negative size is open, as in onnxruntime', async () => {
  const explainer = await Explainer.load(meanOf([-1, 3, -1, -1]));
  assert.equal(explainer.info.inputs[0].dims, ['', 3, '', '']);
  assert.is(explainer.info.preprocessing?.width, 224);
  await explainer.close();
});

test('a model that onnxruntime runs is explained, with a sparse Constant', async () => {
  const explainer = await Explainer.load(fileOf('constant-sparse-value.onnx'));
  const { heatmap } = await explainer.explain({ data: new Uint8Array(4 * 9).fill(7), width: 3, height: 3 });
  assert.ok(heatmap.data.every(Number.isFinite));
  await explainer.close();
});

test('weights with fewer values than their shape says are an error of the model', async () => {
  for (const dims of [
    [1, 1, 1, 2],
    [1, 1, MOST, MOST],
    [2 ** 53, 2 ** 53],
    [-1, 1, 1, 1],
  ]) {
    const e = new Emitter();
    const x = e.input('x', 'float32', [1, 1, 8, 8]);
    e.initializer(makeTensor('w', 'float32', dims, [1]), 'w');
    e.output(e.op('Mul', [x, 'w']), 'y');
    const explainer = await Explainer.load(e.bytes());
    const data = new Uint8Array(4 * 64);
    const error = await rejection(explainer.explain({ data, width: 8, height: 8 }));
    assert.is(error.code, 'BAD_MODEL');
    await explainer.close();
  }
});

test.run();

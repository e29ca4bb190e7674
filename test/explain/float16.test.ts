import { readFileSync } from 'node:fs';
import { suite } from 'uvu';
import { Explainer } from '../../src/index.ts';
import { bitPatterns } from '../../src/runtime/session.ts';
import { toFloat } from '../../src/runtime/tensor.ts';
import * as assert from '../helpers/assert.ts';
import { fixture, relativeError } from '../helpers/fixtures.ts';
import { Draft, positions } from '../network/draft.ts';

const test = suite('models in float16');

/** Half precision has 11 bits: a few roundings of 2^-11 from the PyTorch reference of the float32 network. */
const HALF = 1e-2;

test('give the maps of their float32 twin, whichever array the runtime returns', async () => {
  const { layer, target, tensor } = fixture('gap');
  const bytes = readFileSync(new URL('../fixtures/gap/model-float16.onnx', import.meta.url));
  const explainer = await Explainer.load(bytes);
  assert.equal(
    explainer.info.inputs.map(({ type }) => type),
    ['float16'],
  );
  const methods = ['gradcam', 'layercam', 'hirescam', 'eigengradcam', 'cam', 'scorecam'];
  const { explanations, failures } = await explainer.explainAll(tensor('input'), {
    method: methods,
    layer,
    class: target,
    compat: 'pytorch-grad-cam',
    tensors: true,
  });
  assert.equal(failures, []);
  for (const { method, heatmap } of explanations) {
    const error = relativeError(heatmap.data, tensor(`cam_${method}`).data);
    assert.ok(error < HALF, `${method} is off by ${error}`);
  }
  const [{ tensors, target: explained }] = explanations;
  assert.ok(relativeError(tensors!.activations[0].data, tensor('activation').data) < HALF);
  assert.ok(relativeError(tensors!.gradients[0].data, tensor('gradient').data) < HALF);
  assert.ok(Math.abs(explained.score - tensor('output').data[target]) < HALF);
  await explainer.close();
});

test('float16 data is read as bits, from a Float16Array (here: any view of two-byte elements) as from a Uint16Array', () => {
  const bits = Uint16Array.of(0x3c00, 0xc000, 0x7c00, 0x0001);
  const values = [1, -2, Infinity, 2 ** -24];
  const offset = new Uint16Array([0, ...bits]).subarray(1);
  const views = [bits, offset, new Int16Array(offset.buffer, 2)];
  const { Float16Array } = globalThis as { Float16Array?: Int16ArrayConstructor };
  if (Float16Array) views.push(new Float16Array(bits.buffer));
  for (const view of views) {
    const data = bitPatterns('float16', view);
    assert.equal([...toFloat({ type: 'float16', dims: [4], data }).data], values);
  }
  assert.is(bitPatterns('int16', views[2]), views[2], 'other types are left alone');
});

test('warn of activations beyond 65504, the largest number of float16', async () => {
  const d = new Draft();
  const { e } = d;
  const image = positions(8, 8);
  const half = e.cast(e.input('x', 'float32', [1, 2, 8, 8]), 'float16');
  const large = e.op('Mul', [half, e.cast(e.scalar(20_000), 'float16')]); // 7 · 20,000 overflows
  const y = d.head(e.op('Clip', [e.cast(large, 'float32'), e.scalar(0), e.scalar(1)]), 2, [2, 3]);
  e.output(y, 'y');
  const explainer = await Explainer.load(e.bytes(new Map([['', 18]]), 8));
  for (const [layer, expected] of [
    [large, /infinities.*float16 numbers end at 65504/],
    [half, undefined],
  ] as const) {
    const { warnings } = await explainer.explain(image, { method: 'eigencam', layer, class: 0 });
    if (expected) assert.match(warnings.join(), expected);
    else assert.equal(warnings, []);
  }
  await explainer.close();
});

test.run();

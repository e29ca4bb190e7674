import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type RectifierRule, RECTIFIERS } from '../../src/autodiff/rectifier.ts';
import { Emitter } from '../../src/onnx/emitter.ts';
import { floatTensor } from '../../src/runtime/tensor.ts';
import { explain, network, pooledClassifier, tensor } from '../methods/networks.ts';
import { differentiate } from './differentiate.ts';

const test = suite('rules for rectifiers, on paper');

// y = Σ v·relu(x): all four signs of the input x and of what flows back, which is v.
const X = [1, 1, -1, -1];
const V = [2, -3, 5, -7];
const ON_PAPER: Readonly<Record<RectifierRule, readonly number[]>> = {
  plain: [2, -3, 0, 0], // where x > 0
  guided: [2, 0, 0, 0], // where x > 0 and v > 0
  deconvnet: [2, 0, 5, 0], // where v > 0
};

for (const [rule, expected] of Object.entries(ON_PAPER)) {
  test(rule, async () => {
    const e = new Emitter('v');
    const active = e.op('Relu', [e.input('x', 'float32', [1, 4])]);
    e.output(e.mul(active, e.constant('float32', [1, 4], V)), 'y');
    const { gradients } = await differentiate(
      e.bytes(),
      { x: floatTensor([1, 4], Float32Array.from(X)) },
      { output: 'y', wrt: ['x'], rules: RECTIFIERS[rule as RectifierRule] },
    );
    assert.equal([...gradients[0].data], expected);
  });
}

// y = Σ v·relu(u·relu(x)): v flows into the upper Relu, u times the result into the lower one.
const U = [1, -2, 3, -4];
const TWICE: Readonly<Record<RectifierRule, readonly number[]>> = {
  plain: [2, 0, 0, 0],
  guided: [2, 0, 0, 0],
  deconvnet: [2, 0, 15, 0],
};

for (const [rule, expected] of Object.entries(TWICE)) {
  test(`${rule}, twice in a row`, async () => {
    const e = new Emitter('v');
    const row = (values: readonly number[]) => e.constant('float32', [1, 4], values);
    const first = e.op('Relu', [e.input('x', 'float32', [1, 4])]);
    const second = e.op('Relu', [e.mul(first, row(U))]);
    e.output(e.mul(second, row(V)), 'y');
    const { gradients } = await differentiate(
      e.bytes(),
      { x: floatTensor([1, 4], Float32Array.from(X)) },
      { output: 'y', wrt: ['x'], rules: RECTIFIERS[rule as RectifierRule] },
    );
    assert.equal([...gradients[0].data], expected);
  });
}

test('the methods use the rules of their names', async () => {
  const shape = [4, 1, 2];
  const small = network(shape, (e, x) => {
    const layer = e.op('Relu', [x]);
    return {
      layers: [layer],
      y: pooledClassifier(
        e,
        layer,
        V.map((v) => [v]),
      ),
    };
  });
  // Two positions per channel: the mean halves each gradient.
  const input = tensor(shape, Float32Array.from(X.flatMap((x) => [x, x])));
  const methods = { saliency: 'plain', 'guided-backprop': 'guided', deconvnet: 'deconvnet' } as const;
  for (const [method, rule] of Object.entries(methods)) {
    const { raw } = await explain(small, input, { method });
    assert.equal(
      [...raw[0].data],
      ON_PAPER[rule].flatMap((g) => [g / 2, g / 2]),
      method,
    );
  }
});

test.run();

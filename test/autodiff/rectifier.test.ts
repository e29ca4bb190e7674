import { suite } from 'uvu';
import { type RectifierRule, RECTIFIERS } from '../../src/autodiff/rectifier.ts';
import { Emitter, type Ref } from '../../src/onnx/emitter.ts';
import { floatTensor } from '../../src/runtime/tensor.ts';
import * as assert from '../helpers/assert.ts';
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

/** y = Σ v·f(x), where f contains a rectifier by its definition. */
interface Rectifier {
  readonly build: (e: Emitter, x: Ref) => Ref;
  readonly x: readonly number[];
  readonly gradients: Readonly<Record<'guided' | 'deconvnet', readonly number[]>>;
}

const CONTAIN_ONE: Readonly<Record<string, Rectifier>> = {
  'ReLU6, also above its upper bound': {
    build: (e, x) => e.op('Clip', [x, e.scalar(0), e.scalar(6)]),
    x: [1, 1, -1, 7],
    gradients: { guided: [2, 0, 0, 0], deconvnet: [2, 0, 5, 0] },
  },
  'Clip without an upper bound': {
    build: (e, x) => e.op('Clip', [x, e.scalar(0)]),
    x: [1, 1, -1, 7],
    gradients: { guided: [2, 0, 0, 0], deconvnet: [2, 0, 5, 0] },
  },
  'Clip elsewhere is none': {
    build: (e, x) => e.op('Clip', [x, e.scalar(-2), e.scalar(2)]),
    x: [1, 1, -1, 7],
    gradients: { guided: [2, -3, 5, 0], deconvnet: [2, -3, 5, 0] },
  },
  'HardSigmoid, clip(x/4 + 1/2, 0, 1)': {
    build: (e, x) => e.op('HardSigmoid', [x], { alpha: { float: 0.25 }, beta: { float: 0.5 } }),
    x: [1, 1, -3, 3],
    gradients: { guided: [0.5, 0, 0, 0], deconvnet: [0.5, 0, 1.25, 0] },
  },
  // v·clip(x + 3, 0, 6)/6, and v·x/6 where the Clip lets it pass
  'HardSwish, x·clip(x + 3, 0, 6)/6': {
    build: (e, x) => e.op('HardSwish', [x]),
    x: [1.5, 1.5, -1.5, -4.5],
    gradients: { guided: [1.5 + 0.5, -2.25, 1.25, 0], deconvnet: [1.5 + 0.5, -2.25, 1.25, 5.25] },
  },
};

for (const [title, { build, x, gradients }] of Object.entries(CONTAIN_ONE)) {
  for (const [rule, expected] of Object.entries(gradients)) {
    test(`${title} (${rule})`, async () => {
      const e = new Emitter('v');
      const active = build(e, e.input('x', 'float32', [1, 4]));
      e.output(e.mul(active, e.constant('float32', [1, 4], V)), 'y');
      const found = await differentiate(
        e.bytes(),
        { x: floatTensor([1, 4], Float32Array.from(x)) },
        { output: 'y', wrt: ['x'], rules: RECTIFIERS[rule as RectifierRule] },
      );
      found.gradients[0].data.forEach((g, i) => assert.ok(Math.abs(g - expected[i]) < 1e-6, `${i}: ${g}`));
    });
  }
}

test('with `compat`, only Relu is a rectifier', async () => {
  const shape = [4, 1, 2];
  const small = network(shape, (e, x) => {
    const layer = e.op('Clip', [x, e.scalar(0), e.scalar(6)]);
    return { layers: [layer], y: pooledClassifier(e, layer, V.map((v) => [v])) }; // prettier-ignore
  });
  const input = tensor(shape, Float32Array.from(X.flatMap((x) => [x, x])));
  for (const [compat, rule] of [
    [undefined, 'guided'],
    ['pytorch-grad-cam', 'plain'],
  ] as const) {
    const { raw } = await explain(small, input, { method: 'guided-backprop', compat });
    assert.equal(
      [...raw[0].data],
      ON_PAPER[rule].flatMap((g) => [g / 2, g / 2]),
    );
  }
});

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

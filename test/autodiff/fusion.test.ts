import { suite } from 'uvu';
import { RECTIFIERS } from '../../src/autodiff/rectifier.ts';
import { Emitter, type Ref } from '../../src/onnx/emitter.ts';
import { makeTensor } from '../../src/onnx/tensor.ts';
import { floatTensor, sizeOf } from '../../src/runtime/tensor.ts';
import * as assert from '../helpers/assert.ts';
import { relativeError } from '../helpers/fixtures.ts';
import { normal } from '../helpers/random.ts';
import { differentiate } from './differentiate.ts';

const test = suite('a network that onnxruntime has fused');

const DIMS = [1, 2, 6, 6];
const draw = normal(3);
const noise = (dims: readonly number[]): readonly [readonly number[], number[]] => [
  dims,
  Array.from({ length: sizeOf(dims) }, () => draw()),
];
const WEIGHTS = Object.fromEntries(
  Object.entries({
    kernel: [8, 2, 3, 3],
    bias: [8],
    addend: [1, 8, 6, 6],
    square: [8, 8],
    scale: [8],
    shift: [8],
  }).map(([name, dims]) => [name, noise(dims)]),
);
const IMAGE = floatTensor(DIMS, Float32Array.from(noise(DIMS)[1]));

type Weights = (name: string) => Ref;

/** A convolution with a skip connection and Relu, tokens, Gelu, a scaled product, a normalized sum. */
const plain = (e: Emitter, x: Ref, w: Weights): Ref => {
  const conv = e.op('Conv', [x, w('kernel'), w('bias')], { pads: [1, 1, 1, 1] });
  const features = e.op('Relu', [e.add(conv, w('addend'))]);
  e.alias(features, 'features');
  const tokens = e.transpose(e.reshape('features', [1, 8, 36]), [0, 2, 1]);
  const active = e.op('Gelu', [e.add(tokens, w('bias'))]);
  const product = e.mul(e.op('MatMul', [active, e.transpose(w('square'), [1, 0])]), 0.5);
  const sum = e.add(e.add(product, tokens), w('bias'));
  return e.op('LayerNormalization', [sum, w('scale'), w('shift')], { epsilon: { float: 1e-5 } });
};

const fused = (e: Emitter, x: Ref, w: Weights): Ref => {
  const attributes = { pads: [1, 1, 1, 1], activation: 'Relu' };
  e.alias(e.op('com.microsoft.FusedConv', [x, w('kernel'), w('bias'), w('addend')], attributes), 'features');
  const tokens = e.transpose(e.reshape('features', [1, 8, 36]), [0, 2, 1]);
  const active = e.op('com.microsoft.BiasGelu', [tokens, w('bias')]);
  const product = e.matmul(active, w('square'), { transB: true, alpha: 0.5 });
  const inputs = [product, tokens, w('scale'), w('shift'), w('bias')];
  return e.op('com.microsoft.SkipLayerNormalization', inputs, { epsilon: { float: 1e-5 } });
};

function built(network: typeof plain): Uint8Array {
  const e = new Emitter('v');
  const weights = (name: string) => e.initializer(makeTensor(name, 'float32', ...WEIGHTS[name]));
  e.output(network(e, e.input('x', 'float32', DIMS), weights), 'y');
  const opsets = new Map([
    ['', 20],
    ['com.microsoft', 1],
  ]);
  return e.bytes(opsets, 9);
}

for (const [rule, rules] of Object.entries(RECTIFIERS)) {
  test(`has the gradients of its plain twin (${rule})`, async () => {
    const request = { output: 'y', wrt: ['features', 'x'], rules };
    const seed = (dims: readonly number[]) =>
      floatTensor(
        dims,
        Float32Array.from({ length: sizeOf(dims) }, (_, i) => Math.sin(i)),
      );
    const [a, b] = [
      await differentiate(built(plain), { x: IMAGE }, request, seed),
      await differentiate(built(fused), { x: IMAGE }, request, seed),
    ];
    for (const [i, gradient] of a.gradients.entries()) {
      assert.ok(gradient.data.some((v) => v !== 0));
      assert.ok(relativeError(b.gradients[i].data, gradient.data) < 1e-5, request.wrt[i]);
    }
  });
}

test.run();

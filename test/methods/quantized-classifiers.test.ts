// Where a classifier is one linear layer after a global average, CAM's weights are Grad-CAM's times the number of positions
// (Selvaraju et al. 2017, arXiv:1610.02391, § 3.1). The one reads the classifier's weights, the other differentiates it.
import { suite } from 'uvu';
import type { Emitter, Ref } from '../../src/onnx/emitter.ts';
import { type MadeType, makeTensor } from '../../src/onnx/tensor.ts';
import * as assert from '../helpers/assert.ts';
import { relativeError } from '../helpers/fixtures.ts';
import { explain, network, noise, tensor } from './networks.ts';

const test = suite('CAM of quantized classifiers');

const [CHANNELS, CLASSES, SIDE] = [16, 3, 4];

type Head = (e: Emitter, pooled: Ref, weights: Weights) => Ref;
type Weights = (dims: readonly number[], type: MadeType, values?: ArrayLike<number>) => Ref;

/** The product of quantized numbers, in steps of both scales. */
const restored = (e: Emitter, product: Ref, [scale, steps]: readonly [Ref, Ref]): Ref =>
  e.mul(e.cast(product, 'float32'), e.mul(scale, steps));

const bias = (w: Weights, ...ones: number[]): Ref => w([1, CLASSES, ...ones], 'float32');
const flat = (e: Emitter, value: Ref): Ref => e.reshape(value, [1, -1]);

const integerMatrix =
  (perChannel: boolean): Head =>
  (e, pooled, w) => {
    const parameters = perChannel ? [CLASSES] : [];
    const [q, scale, zero] = e.op('DynamicQuantizeLinear', [flat(e, pooled)], {}, 3);
    const product = e.op('MatMulInteger', [q, w([CHANNELS, CLASSES], 'int8'), zero, w(parameters, 'int8')]);
    return e.add(restored(e, product, [scale, w(parameters, 'float32')]), bias(w));
  };

const HEADS: Readonly<Record<string, Head>> = {
  'a matrix': integerMatrix(false),
  'a matrix with a scale for each class': integerMatrix(true),
  'a convolution': (e, pooled, w) => {
    const [q, scale, zero] = e.op('DynamicQuantizeLinear', [pooled], {}, 3);
    const product = e.op('ConvInteger', [q, w([CLASSES, CHANNELS, 1, 1], 'uint8'), zero, w([], 'uint8')]);
    const sum = e.add(restored(e, product, [scale, w([], 'float32')]), bias(w, 1, 1));
    return flat(e, sum);
  },
  MatMulIntegerToFloat: (e, pooled, w) => {
    const [q, scale, zero] = e.op('DynamicQuantizeLinear', [flat(e, pooled)], {}, 3);
    const inputs = [
      q,
      w([CHANNELS, CLASSES], 'int8'),
      scale,
      w([CLASSES], 'float32'),
      zero,
      w([CLASSES], 'int8'),
    ];
    return e.op('com.microsoft.MatMulIntegerToFloat', [...inputs, w([CLASSES], 'float32')]);
  },
  DynamicQuantizeMatMul: (e, pooled, w) =>
    e.op('com.microsoft.DynamicQuantizeMatMul', [
      flat(e, pooled),
      w([CHANNELS, CLASSES], 'uint8'),
      w([CLASSES], 'float32'),
      w([CLASSES], 'uint8'),
    ]),
  'MatMulNBits of 4 bits': (e, pooled, w) => {
    const packed = w([CLASSES, 1, CHANNELS / 2], 'uint8');
    const attributes = { K: CHANNELS, N: CLASSES, bits: 4, block_size: 16 };
    return e.add(
      e.op('com.microsoft.MatMulNBits', [flat(e, pooled), packed, w([CLASSES], 'float32')], attributes),
      bias(w),
    );
  },
  'a matrix and a factor of the logits': (e, pooled, w) =>
    e.mul(e.op('MatMul', [flat(e, pooled), w([CHANNELS, CLASSES], 'float32')]), 2.5),
};

for (const [title, head] of Object.entries(HEADS)) {
  test(title, async () => {
    const made = network([CHANNELS, SIDE, SIDE], (e, picture) => {
      const layer = e.op('Relu', [picture]);
      let count = 0;
      const weights: Weights = (dims, type) => {
        const size = dims.reduce((a, b) => a * b, 1);
        const numbers = Array.from(noise(size, ++count), (v) =>
          type === 'float32' ? Math.abs(v) / 8 + 0.02 : Math.round(40 * v) + (type === 'uint8' ? 120 : 0),
        );
        return e.initializer(makeTensor(`weights${count}`, type, dims, numbers));
      };
      return { layers: [layer], y: head(e, e.op('GlobalAveragePool', [layer]), weights) };
    });
    const input = tensor([CHANNELS, SIDE, SIDE], noise(CHANNELS * SIDE * SIDE, 77));
    for (const target of [0, 2]) {
      const [cam, gradcam] = [
        (await explain(made, input, { method: 'cam', target })).raw[0].data,
        (await explain(made, input, { method: 'gradcam', target })).raw[0].data,
      ];
      const expected = gradcam.map((value) => value * SIDE * SIDE);
      assert.ok(expected.some((value) => Math.abs(value) > 0.01));
      assert.ok(relativeError(cam, expected) < 1e-4);
    }
  });
}

test.run();

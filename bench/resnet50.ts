import { Emitter, type Ref } from '../src/onnx/emitter.ts';
import { makeTensor } from '../src/onnx/tensor.ts';
import { sizeOf } from '../src/runtime/tensor.ts';
import { uniform } from '../test/helpers/random.ts';

/** ResNet-50 (He et al. 2016, arXiv:1512.03385, table 1) with batch normalization folded in and random weights: 102 MB. */
export function resnet50(): Uint8Array {
  const e = new Emitter('v');
  const random = uniform(1);
  let count = 0;
  const weights = (dims: readonly number[], spread: number): Ref =>
    e.initializer(
      makeTensor(
        `w${count++}`,
        'float32',
        dims,
        Float32Array.from({ length: sizeOf(dims) }, () => (2 * random() - 1) * spread),
      ),
    );
  const conv = (x: Ref, from: number, to: number, size: number, stride: number): Ref => {
    const kernel = weights([to, from, size, size], Math.sqrt(6 / (from * size * size)));
    const pad = (size - 1) / 2;
    const attributes = { strides: [stride, stride], pads: [pad, pad, pad, pad] };
    return e.op('Conv', [x, kernel, weights([to], 0.1)], attributes);
  };
  const relu = (x: Ref) => e.op('Relu', [x]);
  let x = relu(conv(e.input('x', 'float32', [1, 3, 224, 224]), 3, 64, 7, 2));
  x = e.op('MaxPool', [x], { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] });
  let channels = 64;
  [3, 4, 6, 3].forEach((blocks, stage) => {
    const width = 64 * 2 ** stage;
    for (let block = 0; block < blocks; block++) {
      const stride = stage > 0 && block === 0 ? 2 : 1;
      const inner = relu(conv(relu(conv(x, channels, width, 1, 1)), width, width, 3, stride));
      const skip = block === 0 ? conv(x, channels, 4 * width, 1, stride) : x;
      x = relu(e.mul(e.add(conv(inner, width, 4 * width, 1, 1), skip), 0.7));
      channels = 4 * width;
    }
  });
  const pooled = e.op('Flatten', [e.op('GlobalAveragePool', [x])]);
  e.output(e.op('Gemm', [pooled, weights([channels, 1000], 0.05)]), 'scores');
  return e.bytes();
}

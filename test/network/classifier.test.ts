import { suite } from 'uvu';
import { CamError } from '../../src/errors.ts';
import { classifierWeights } from '../../src/network/classifier.ts';
import { findLayer, layersOf } from '../../src/network/layers.ts';
import { classOutput } from '../../src/network/output.ts';
import type { Ref } from '../../src/onnx/emitter.ts';
import { makeTensor } from '../../src/onnx/tensor.ts';
import * as assert from '../helpers/assert.ts';
import { relativeError } from '../helpers/fixtures.ts';
import { uniform } from '../helpers/random.ts';
import { Draft, open, positions } from './draft.ts';

// Four channels over 3 x 4 positions, three classes: W[k][c] is the weight with which class c reads channel k, a multiple
// of 1/64.
const [CHANNELS, CLASSES] = [4, 3];
const draw = uniform(7);
const W = Array.from({ length: CHANNELS }, () =>
  Array.from({ length: CLASSES }, () => Math.floor(draw() * 64) / 64 - 0.5),
);
const Wt = Array.from({ length: CLASSES }, (_, c) => W.map((row) => row[c]));

const matrix = ({ e }: Draft): Ref => e.constant('float32', [CHANNELS, CLASSES], W.flat());
const turned = ({ e }: Draft): Ref => e.constant('float32', [CLASSES, CHANNELS], Wt.flat());

const pooled = ({ e }: Draft, map: Ref): Ref => e.op('Flatten', [e.op('GlobalAveragePool', [map])]);
const read = (d: Draft, means: Ref): Ref => d.e.op('MatMul', [means, matrix(d)]);

/** A matrix as int8, in units of 1/256, and zero points. */
const bytes = ({ e }: Draft, matrix: readonly (readonly number[])[]): Ref => {
  const values = matrix.flat().map((w) => Math.round(w * 256));
  return e.initializer(makeTensor('bytes', 'int8', [matrix.length, matrix[0].length], values));
};
const zeros = ({ e }: Draft, count: number): Ref => {
  const values = new Array<number>(count).fill(0);
  return e.initializer(makeTensor(`zeros${count}`, 'int8', count === 1 ? [] : [count], values));
};

/** How exporters write global average pooling and one linear layer, after a map [1, 4, 3, 4]. */
const SPELLINGS: Readonly<Record<string, (d: Draft, map: Ref) => Ref>> = {
  'GlobalAveragePool, Flatten, Gemm': (d, map) => d.e.op('Gemm', [pooled(d, map), matrix(d)]),
  'Gemm with turned weights': (d, map) => d.e.op('Gemm', [pooled(d, map), turned(d)], { transB: 1 }),
  'a scaled Gemm': (d, map) => {
    const halves = d.e.constant('float32', [CHANNELS, CLASSES], W.flat().map((w) => w / 2)); // prettier-ignore
    return d.e.op('Gemm', [pooled(d, map), halves], { alpha: { float: 2 } });
  },
  'MatMul and a bias': (d, map) => d.e.add(read(d, pooled(d, map)), d.weights(CLASSES)),
  'weights after Transpose': (d, map) => d.e.op('MatMul', [pooled(d, map), d.e.transpose(turned(d), [1, 0])]),
  'turned weights after Transpose': (d, map) =>
    d.e.op('Gemm', [pooled(d, map), d.e.transpose(matrix(d), [1, 0])], { transB: 1 }),
  'weights of 8 bits, dequantized': (d, map) => {
    const { e } = d;
    const stored = makeTensor('stored', 'int8', [CHANNELS, CLASSES], W.flat().map((w) => w * 256)); // prettier-ignore
    const weights = e.op('DequantizeLinear', [e.initializer(stored), e.scalar(1 / 256)]);
    return e.op('MatMul', [pooled(d, map), weights]);
  },
  'a product of 8 bits': (d, map) => {
    const [weights, none] = [bytes(d, W), zeros(d, 1)];
    const [step, steps] = [d.e.scalar(1 / 64), d.e.scalar(1 / 256)];
    const x = d.e.op('QuantizeLinear', [pooled(d, map), step, none]);
    const inputs = [x, step, none, weights, steps, none, step, none];
    return d.e.op('DequantizeLinear', [d.e.op('QLinearMatMul', inputs), step, none]);
  },
  'a Gemm of 8 bits with a scale for each class': (d, map) => {
    const { e } = d;
    const powers = [1, 2, 4];
    const rows = Wt.map((row, c) => row.map((w) => w / powers[c]));
    const [step, none] = [e.scalar(1 / 64), zeros(d, 1)];
    const scales = e.constant('float32', [CLASSES], powers.map((power) => power / 256)); // prettier-ignore
    const x = e.op('QuantizeLinear', [pooled(d, map), step, none]);
    const inputs = [x, step, none, bytes(d, rows), scales, zeros(d, CLASSES), '', step, none];
    return e.op('DequantizeLinear', [e.op('com.microsoft.QGemm', inputs, { transB: 1 }), step, none]);
  },
  'a scaled bias': (d, map) => d.e.add(read(d, pooled(d, map)), d.e.mul(d.weights(CLASSES), 2)),
  'weights in half precision, cast and scaled': (d, map) => {
    const { e } = d;
    const halves = e.cast(turned(d), 'float16');
    const scales = e.constant('float32', [CLASSES, 1], [1, 2, 4]);
    const weights = e.div(e.mul(e.cast(halves, 'float32'), scales), scales);
    return e.op('Gemm', [pooled(d, map), weights], { transB: 1 });
  },
  'a 1x1 Conv': ({ e }, map) => {
    const weights = e.constant('float32', [CLASSES, CHANNELS, 1, 1], Wt.flat());
    return e.op('Flatten', [e.op('Conv', [e.op('GlobalAveragePool', [map]), weights])]);
  },
  'ReduceMean, Dropout, Identity': (d, map) =>
    read(d, d.e.op('Identity', [d.e.op('Dropout', [d.e.reduceMean(map, [2, 3], false)])])),
  'columns first, then rows': (d, map) =>
    read(d, d.e.reduceMean(d.e.reduceMean(map, [3], false), [2], false)),
  'rows first, then columns, axes kept': (d, map) =>
    read(d, d.e.reshape(d.e.reduceMean(d.e.reduceMean(map, [2]), [3]), [1, CHANNELS])),
  'an AveragePool as large as the map': (d, map) =>
    read(d, d.e.op('Flatten', [d.e.op('AveragePool', [map], { kernel_shape: [3, 4] })])),
  'positions in one axis': (d, map) =>
    read(d, d.e.reduceMean(d.e.reshape(map, [1, CHANNELS, 12]), [2], false)),
  'channels last': (d, map) => read(d, d.e.reduceMean(d.e.transpose(map, [0, 2, 3, 1]), [1, 2], false)),
};

/** Heads that are not CAM's, and why they are refused. */
const REFUSED: Readonly<Record<string, { build: (d: Draft, map: Ref) => Ref; why: RegExp }>> = {
  'no pooling': {
    build: (d, map) => d.linear(d.e.op('Flatten', [map]), 48, CLASSES),
    why: /MatMul is between/,
  },
  'the largest of all positions': {
    build: (d, map) => read(d, d.e.op('Flatten', [d.e.op('GlobalMaxPool', [map])])),
    why: /GlobalMaxPool is between/,
  },
  'the mean of rows alone': {
    build: (d, map) => d.linear(d.e.op('Flatten', [d.e.reduceMean(map, [2])]), 16, CLASSES),
    why: /MatMul is between/,
  },
  'a mean over channels': {
    build: (d, map) => d.linear(d.e.op('Flatten', [d.e.reduceMean(map, [1])]), 12, CLASSES),
    why: /ReduceMean is between/,
  },
  'a hidden layer': {
    build: (d, map) => d.linear(d.relu(d.linear(pooled(d, map), CHANNELS, 5)), 5, CLASSES),
    why: /(MatMul|Relu) is between/,
  },
  'a window that omits the rest of the map': {
    build: (d, map) => {
      const window = { kernel_shape: [2, 3], strides: [3, 4] };
      return read(d, d.e.op('Flatten', [d.e.op('AveragePool', [map], window)]));
    },
    why: /AveragePool is between/,
  },
  'a window with padding': {
    build: (d, map) => {
      const window = { kernel_shape: [5, 6], pads: [1, 1, 1, 1] };
      return read(d, d.e.op('Flatten', [d.e.op('AveragePool', [map], window)]));
    },
    why: /AveragePool is between/,
  },
  'a window of the size of the map, moved over its padding': {
    build: (d, map) =>
      read(d, pooled(d, d.e.op('AveragePool', [map], { kernel_shape: [3, 4], auto_pad: 'SAME_UPPER' }))),
    why: /AveragePool is between/,
  },
  'a window with several positions left': {
    build: (d, map) =>
      d.linear(d.e.op('Flatten', [d.e.op('AveragePool', [map], { kernel_shape: [2, 2] })]), 24, CLASSES),
    why: /AveragePool is between/,
  },
};

async function weightsOf(build: (d: Draft, map: Ref) => Ref): Promise<Float32Array[]> {
  const d = new Draft();
  const x = d.e.input('x', 'float32', [1, 2, 6, 8]);
  const map = d.relu(d.conv(x, 2, CHANNELS, { stride: 2 }));
  const { network } = await open(d, build(d, map), positions(6, 8));
  try {
    const output = classOutput(network, 'x', 'y');
    const layer = findLayer(network, layersOf(network, 'x', 'y'), 'y', map);
    const rows = Array.from({ length: CLASSES }, (_, c) => classifierWeights(network, 'x', layer, output, c));
    return await Promise.all(rows);
  } finally {
    await network.close();
  }
}

const test = suite("CAM's weights are read from the graph");

for (const [title, build] of Object.entries(SPELLINGS)) {
  test(title, async () => {
    const found = await weightsOf(build);
    Wt.forEach((expected, c) => assert.ok(relativeError(found[c], expected) < 1e-6, `class ${c}`));
  });
}
test('a head next to another one', async () => {
  const found = await weightsOf((d, map) => {
    const means = pooled(d, map);
    d.e.output(d.linear(means, CHANNELS, 2), 'z');
    return read(d, means);
  });
  Wt.forEach((expected, c) => assert.ok(relativeError(found[c], expected) < 1e-6, `class ${c}`));
});
test('no linear layer: a channel for each class', async () => {
  const found = await weightsOf(pooled);
  found.forEach((weights, c) =>
    assert.equal(
      [...weights],
      W.map((_, k) => Number(k === c)),
    ),
  );
});
test.run();

const refused = suite('heads that CAM refuses');

for (const [title, { build, why }] of Object.entries(REFUSED)) {
  refused(title, async () => {
    const error = await weightsOf(build).catch((error: unknown) => error);
    assert.instance(error, CamError);
    assert.is((error as CamError).code, 'UNSUPPORTED_MODEL');
    assert.match((error as CamError).message, why);
  });
}
refused.run();

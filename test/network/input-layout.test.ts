import { suite } from 'uvu';
import { inspect, type Layout } from '../../src/index.ts';
import { loadKernels } from '../../src/kernels/index.ts';
import { layoutOfInput } from '../../src/network/input-layout.ts';
import { layersOf } from '../../src/network/layers.ts';
import { inLayout, toVolume } from '../../src/network/layout.ts';
import type { Ref } from '../../src/onnx/emitter.ts';
import { readModel } from '../../src/onnx/read.ts';
import { floatTensor, sizeOf, toFloat } from '../../src/runtime/tensor.ts';
import * as assert from '../helpers/assert.ts';
import { Draft, open } from './draft.ts';

const test = suite('layouts of signals, volumes and video');

/** A convolution with any number of axes; sides keep their length, or halve. */
function conv(
  d: Draft,
  x: Ref,
  [from, to]: readonly [number, number],
  kernel: readonly number[],
  stride = 1,
): Ref {
  const pads = kernel.map((size) => (size - 1) / 2);
  const strides = kernel.map((size) => (size > 1 ? stride : 1));
  return d.e.op('Conv', [x, d.weights(to, from, ...kernel)], { pads: [...pads, ...pads], strides });
}

/** "signal nchw 12 of 1x1000", "volume frames 3 of 8x16x16". */
const describe = ({ kind, channels, depth, height, width, prefix }: Layout): string =>
  `${kind} ${channels} of ${[depth, height, width].filter((size) => size !== undefined).join('x')}${prefix ? ` after ${prefix}` : ''}`;

interface Row {
  readonly title: string;
  readonly dims: readonly number[];
  readonly input: string;
  readonly build: (d: Draft, x: Ref) => Ref;
  /** The default layer. */
  readonly layer: string;
  /** Kind, classes and positions of the output. */
  readonly output?: readonly [kind: string, classes: number, positions: number];
}

const ROWS: readonly Row[] = [
  {
    title: 'an electrocardiogram',
    dims: [1, 12, 100],
    input: 'signal nchw 12 of 1x100',
    build: (d, x) => d.head(d.relu(conv(d, x, [12, 4], [3], 2)), 4, [2]),
    layer: 'nchw 4 of 1x50',
  },
  {
    title: 'a signal with its channels last (Keras)',
    dims: [1, 40, 6],
    input: 'signal nhwc 6 of 1x40',
    build: (d, x) => {
      const a = d.relu(conv(d, d.e.transpose(x, [0, 2, 1]), [6, 4], [3], 2));
      return d.head(d.e.transpose(a, [0, 2, 1]), 4, [1]);
    },
    layer: 'nchw 4 of 1x20',
  },
  {
    title: 'a signal shorter than its channels are many (a mel spectrogram)',
    dims: [1, 80, 30],
    input: 'signal nchw 80 of 1x30',
    build: (d, x) => d.head(d.relu(conv(d, x, [80, 4], [3])), 4, [2]),
    layer: 'nchw 4 of 1x30',
  },
  {
    title: 'features in steps of time that a matrix takes first',
    dims: [1, 30, 8],
    input: 'signal nhwc 8 of 1x30',
    build: (d, x) => d.head(d.relu(d.linear(x, 8, 4)), 4, [1]),
    layer: 'nhwc 4 of 1x30',
  },
  {
    title: 'a spectrogram without an axis of channels is an image',
    dims: [1, 20, 30],
    input: 'image nchw 1 of 20x30',
    build: (d, x) => d.head(d.relu(conv(d, d.e.reshape(x, [1, 1, 20, 30]), [1, 4], [3, 3], 2)), 4, [2, 3]),
    layer: 'nchw 4 of 10x15',
  },
  {
    title: 'an image of five bands, last',
    dims: [1, 20, 30, 5],
    input: 'image nhwc 5 of 20x30',
    build: (d, x) => d.head(d.relu(conv(d, d.e.transpose(x, [0, 3, 1, 2]), [5, 4], [3, 3])), 4, [2, 3]),
    layer: 'nchw 4 of 20x30',
  },
  {
    title: 'an image of three rows has its channels first',
    dims: [1, 5, 3, 3],
    input: 'image nchw 5 of 3x3',
    build: (d, x) => d.head(d.relu(conv(d, x, [5, 4], [3, 3])), 4, [2, 3]),
    layer: 'nchw 4 of 3x3',
  },
  {
    title: 'a scan',
    dims: [1, 1, 8, 12, 10],
    input: 'volume nchw 1 of 8x12x10',
    build: (d, x) => d.head(d.relu(conv(d, x, [1, 4], [3, 3, 3], 2)), 4, [2, 3, 4]),
    layer: 'nchw 4 of 4x6x5',
  },
  {
    title: 'a scan of four contrasts with its channels last',
    dims: [1, 8, 12, 10, 4],
    input: 'volume nhwc 4 of 8x12x10',
    build: (d, x) =>
      d.head(d.relu(conv(d, d.e.transpose(x, [0, 4, 1, 2, 3]), [4, 4], [3, 3, 3])), 4, [2, 3, 4]),
    layer: 'nchw 4 of 8x12x10',
  },
  {
    title: 'a video with its channels before time',
    dims: [1, 3, 8, 12, 10],
    input: 'volume nchw 3 of 8x12x10',
    build: (d, x) => {
      // Space is pooled before time: the last map with rows and columns is the layer.
      const a = d.relu(conv(d, x, [3, 4], [3, 3, 3], 2));
      const pooled = d.e.op('AveragePool', [a], { kernel_shape: [2, 6, 5] });
      const scores = d.e.op('Squeeze', [conv(d, pooled, [4, 3], [1, 1, 1]), d.e.ints([3, 4])]);
      return d.e.reduceMean(scores, [2], false);
    },
    layer: 'nchw 4 of 4x6x5',
  },
  {
    title: 'frames that the network sees one by one',
    dims: [1, 4, 3, 12, 10],
    input: 'volume frames 3 of 4x12x10',
    build: (d, x) => {
      const a = d.relu(conv(d, d.e.reshape(x, [4, 3, 12, 10]), [3, 5], [3, 3], 2));
      const frames = d.e.reshape(d.e.op('GlobalAveragePool', [a]), [1, 4, 5]);
      return d.head(frames, 5, [1]);
    },
    layer: 'frames 5 of 4x6x5',
  },
  {
    title: 'three frames of three colors, one by one',
    dims: [1, 3, 3, 12, 10],
    input: 'volume frames 3 of 3x12x10',
    build: (d, x) => {
      const a = d.relu(conv(d, d.e.reshape(x, [3, 3, 12, 10]), [3, 5], [3, 3], 2));
      return d.head(d.e.reshape(d.e.op('GlobalAveragePool', [a]), [1, 3, 5]), 5, [1]);
    },
    layer: 'frames 5 of 3x6x5',
  },
  {
    title: 'tubes of a video as tokens (ViViT)',
    dims: [1, 3, 4, 8, 12],
    input: 'volume nchw 3 of 4x8x12',
    build: (d, x) => {
      const tubes = d.e.op('Conv', [x, d.weights(8, 3, 2, 4, 4)], { strides: [2, 4, 4] });
      const tokens = d.e.transpose(d.e.reshape(tubes, [1, 8, 12]), [0, 2, 1]);
      const all = d.block(d.e.concat([d.weights(1, 1, 8), tokens], 1), 13, 8);
      return d.linear(d.e.gather(d.norm(all, 8), d.e.ints([0]), 1), 8, 3);
    },
    layer: 'tokens 8 of 2x2x3 after 1',
  },
  {
    title: 'pieces of a signal as tokens, after a class token',
    dims: [1, 2, 64],
    input: 'signal nchw 2 of 1x64',
    build: (d, x) => {
      const pieces = d.e.op('Conv', [x, d.weights(8, 2, 8)], { strides: [8] });
      const tokens = d.e.concat([d.weights(1, 1, 8), d.e.transpose(pieces, [0, 2, 1])], 1);
      return d.linear(d.e.gather(d.norm(d.block(tokens, 9, 8), 8), d.e.ints([0]), 1), 8, 3);
    },
    layer: 'tokens 8 of 1x8 after 1',
  },
  {
    title: 'segmentation of a volume',
    dims: [1, 1, 8, 12, 10],
    input: 'volume nchw 1 of 8x12x10',
    build: (d, x) => conv(d, d.relu(conv(d, x, [1, 4], [3, 3, 3])), [4, 3], [1, 1, 1]),
    layer: 'nchw 4 of 8x12x10',
    output: ['classes', 3, 960],
  },
  {
    title: 'a mask of a volume',
    dims: [1, 1, 8, 12, 10],
    input: 'volume nchw 1 of 8x12x10',
    build: (d, x) => d.e.sigmoid(conv(d, d.relu(conv(d, x, [1, 4], [3, 3, 3])), [4, 1], [1, 1, 1])),
    layer: 'nchw 4 of 8x12x10',
    output: ['mask', 1, 960],
  },
  {
    title: 'a mask of a signal',
    dims: [1, 2, 40],
    input: 'signal nchw 2 of 1x40',
    build: (d, x) => d.e.sigmoid(conv(d, d.relu(conv(d, x, [2, 4], [3])), [4, 1], [1])),
    layer: 'nchw 4 of 1x40',
    output: ['mask', 1, 40],
  },
];

for (const { title, dims, input, build, layer, output = ['classes', 3, 1] } of ROWS) {
  test(title, async () => {
    const d = new Draft();
    d.e.output(build(d, d.e.input('x', 'float32', dims)), 'y');
    const bytes = d.e.bytes();
    const found = layoutOfInput(readModel(bytes), 'x', dims)!;
    assert.is(`${found.form} ${describe(found)}`, input);
    const { layers, explained, problem } = await inspect(bytes);
    assert.is(problem, null);
    assert.is(describe(layers.find(({ automatic }) => automatic)!.layout), layer);
    assert.equal([explained?.kind, explained?.classes, explained?.positions], output);
  });
}

test('other inputs have no layout', () => {
  const d = new Draft();
  d.e.output(d.relu(d.e.input('x', 'float32', [3, 8, 8])), 'y');
  const model = readModel(d.e.bytes());
  for (const dims of [[], [1], [1, 5], [3, 8, 8], [2, 3, 4, 8, 8], [1, 2, 3, 4, 5, 6]])
    assert.is(layoutOfInput(model, 'x', dims), undefined, String(dims));
});

interface Move {
  readonly dims: readonly number[];
  /** Values on the way, each with all numbers of the input, and its layout. */
  readonly build: (d: Draft, x: Ref) => readonly (readonly [Ref, string])[];
}

/** Moves only: the value of a position is its index in [C, D, H, W]. */
const MOVES: Readonly<Record<string, Move>> = {
  'a volume flattened to tokens after a class token': {
    dims: [1, 3, 2, 4, 5],
    build: (d, x) => {
      const tokens = d.e.transpose(d.e.reshape(x, [1, 3, 40]), [0, 2, 1]);
      const all = d.e.concat([d.weights(1, 1, 3), tokens], 1);
      return [
        [tokens, 'tokens 3 of 2x4x5'],
        [all, 'tokens 3 of 2x4x5 after 1'],
        [d.e.reshape(tokens, [1, 2, 4, 5, 3]), 'nhwc 3 of 2x4x5'],
        [d.e.reshape(d.e.transpose(tokens, [0, 2, 1]), [1, 3, 2, 4, 5]), 'nchw 3 of 2x4x5'],
      ];
    },
  },
  'slices as a batch': {
    dims: [1, 3, 2, 4, 5],
    build: (d, x) => {
      const frames = d.e.transpose(x, [0, 2, 1, 3, 4]);
      const batch = d.e.reshape(frames, [2, 3, 4, 5]);
      const last = d.e.transpose(batch, [0, 2, 3, 1]);
      return [
        [frames, 'frames 3 of 2x4x5'],
        [batch, 'frames 3 of 2x4x5'],
        [last, 'nhwc 3 of 2x4x5'],
        [d.e.reshape(batch, [2, 3, 20]), 'frames 3 of 2x4x5'],
        [d.e.reshape(last, [2, 20, 3]), 'nhwc 3 of 2x4x5'],
      ];
    },
  },
  'a signal as a column of tokens': {
    dims: [1, 2, 7],
    build: (d, x) => {
      const last = d.e.transpose(x, [0, 2, 1]);
      return [
        [last, 'nhwc 2 of 1x7'],
        [d.e.concat([d.weights(1, 2, 2), last], 1), 'tokens 2 of 1x7 after 2'],
        [d.e.reshape(x, [1, 2, 1, 7]), 'nchw 2 of 1x7'],
      ];
    },
  },
};

for (const [title, { dims, build }] of Object.entries(MOVES)) {
  test(title, async () => {
    const d = new Draft();
    const image = floatTensor(
      dims,
      Float32Array.from({ length: sizeOf(dims) }, (_, at) => at),
    );
    const moved = build(d, d.e.input('x', 'float32', dims));
    const sums = moved.map(([value]) => d.e.op('ReduceSum', [d.relu(value)], { keepdims: 0 }));
    const { network } = await open(d, d.e.reshape(d.e.op('Sum', sums), [1, 1]), image);
    const layers = new Map(layersOf(network, 'x', 'y').map(({ name, layout }) => [name, layout]));
    const k = await loadKernels();
    for (const [name, expected] of moved) {
      const layout = layers.get(name)!;
      assert.is(describe(layout), expected);
      const { [name]: value } = await network.forward({ x: image }, [name]);
      const volume = toVolume(toFloat(value), layout, k);
      assert.equal(volume.data, image.data, expected);
      assert.equal(inLayout(volume.data, layout, toFloat(value).data, k), toFloat(value).data);
    }
    await network.close();
  });
}

test.run();

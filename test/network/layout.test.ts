import { suite } from 'uvu';
import { CamError } from '../../src/errors.ts';
import { loadKernels } from '../../src/kernels/index.ts';
import { layersOf } from '../../src/network/layers.ts';
import { type Layout, parseTokens, toVolume } from '../../src/network/layout.ts';
import { Network } from '../../src/network/network.ts';
import type { Ref } from '../../src/onnx/emitter.ts';
import { readModel } from '../../src/onnx/read.ts';
import { floatTensor, sizeOf, toFloat } from '../../src/runtime/tensor.ts';
import * as assert from '../helpers/assert.ts';
import { fixture, fixtureNames } from '../helpers/fixtures.ts';
import { Draft, open, positions } from './draft.ts';

const test = suite('layout');

/** "nchw 8 of 16x16", "tokens 8 of 4x4 after 1"; undefined for a value that is not a map. */
const describe = (layout: Layout | undefined): string | undefined =>
  layout &&
  `${layout.kind} ${layout.channels} of ${layout.height}x${layout.width}${layout.prefix ? ` after ${layout.prefix}` : ''}`;

interface Pattern {
  readonly title: string;
  /** The input's shape; [1, 2, 16, 16] unless said. */
  readonly dims?: readonly number[];
  /** Builds on "x" and gives the output and what is expected of values on the way. */
  readonly build: (
    d: Draft,
    x: Ref,
  ) => { output: Ref; expect: readonly (readonly [Ref, string | undefined])[] };
  /** The values only move pixels: their origin shows whether the layout is right. */
  readonly moves?: true;
}

const cut = (d: Draft, x: Ref, [h, w, side, c]: readonly [number, number, number, number]): Ref =>
  d.e.transpose(d.e.reshape(x, [1, h / side, side, w / side, side, c]), [0, 1, 3, 2, 4, 5]);
const uncut = (d: Draft, x: Ref, [h, w, side, c]: readonly [number, number, number, number]): Ref =>
  d.e.reshape(d.e.transpose(d.e.reshape(x, [1, h / side, w / side, side, side, c]), [0, 1, 3, 2, 4, 5]), [
    1,
    h,
    w,
    c,
  ]);

const PATTERNS: readonly Pattern[] = [
  {
    title: 'a convolutional network, rectangular',
    dims: [1, 2, 12, 20],
    build: (d, x) => {
      const a = d.relu(d.conv(x, 2, 6, { stride: 2 }));
      const b = d.e.op('MaxPool', [a], { kernel_shape: [2, 2], strides: [2, 2] });
      const gap = d.e.op('GlobalAveragePool', [b]);
      return {
        output: d.e.reshape(gap, [1, 6]),
        expect: [
          [a, 'nchw 6 of 6x10'],
          [b, 'nchw 6 of 3x5'],
          [gap, undefined],
        ],
      };
    },
  },
  {
    title: 'one channel, one row',
    dims: [1, 2, 8, 8],
    build: (d, x) => {
      const a = d.conv(x, 2, 1, { stride: 2 });
      const b = d.e.op('MaxPool', [a], { kernel_shape: [4, 1], strides: [4, 1] });
      return {
        output: d.e.reshape(b, [1, 4]),
        expect: [
          [a, 'nchw 1 of 4x4'],
          [b, 'nchw 1 of 1x4'],
        ],
      };
    },
  },
  ...(['CenterCropPad', 'Slice'] as const).map((op): Pattern => ({
    title: `a map cropped by ${op}`,
    build: (d, x) => {
      const a = d.conv(x, 2, 6, { stride: 2 });
      const cropped =
        op === 'Slice'
          ? d.e.slice(a, [1, 1], [7, 7], [2, 3])
          : d.e.op('CenterCropPad', [a, d.e.ints([6, 6])], { axes: [2, 3] });
      const b = d.relu(cropped);
      return {
        output: d.linear(d.e.op('Flatten', [d.e.op('GlobalAveragePool', [b])]), 6, 3),
        expect: [
          [a, 'nchw 6 of 8x8'],
          [cropped, 'nchw 6 of 6x6'],
          [b, 'nchw 6 of 6x6'],
        ],
      };
    },
  })),
  {
    title: 'channels last from the input on (TensorFlow)',
    dims: [1, 16, 16, 3],
    build: (d, x) => {
      const first = d.e.transpose(x, [0, 3, 1, 2]);
      const a = d.conv(first, 3, 6, { stride: 2 });
      const b = d.e.transpose(a, [0, 2, 3, 1]);
      const c = d.linear(b, 6, 5);
      return {
        output: d.head(c, 5, [1, 2]),
        expect: [
          [first, 'nchw 3 of 16x16'],
          [a, 'nchw 6 of 8x8'],
          [b, 'nhwc 6 of 8x8'],
          [c, 'nhwc 5 of 8x8'],
        ],
      };
    },
  },
  {
    title: 'class and register tokens first (ViT, DeiT, DINOv2)',
    dims: [1, 2, 16, 24],
    build: (d, x) => {
      const map = d.conv(x, 2, 8, { kernel: 4, stride: 4 });
      const flat = d.e.reshape(map, [1, 8, 24]);
      const tokens = d.e.transpose(flat, [0, 2, 1]);
      const all = d.e.concat([d.weights(1, 1, 8), d.weights(1, 4, 8), tokens], 1);
      const out = d.block(all, 29, 8);
      const patches = d.e.slice(out, [5], [29], [1]);
      const cls = d.e.gather(out, d.e.constant('int64', [], [0]), 1);
      return {
        output: d.e.add(d.linear(cls, 8, 3), d.head(patches, 8, [1])),
        expect: [
          [flat, 'nchw 8 of 4x6'],
          [tokens, 'tokens 8 of 4x6'],
          [all, 'tokens 8 of 4x6 after 5'],
          [d.norms[0], 'tokens 8 of 4x6 after 5'],
          [out, 'tokens 8 of 4x6 after 5'],
          [patches, 'tokens 8 of 4x6'],
          [cls, undefined],
        ],
      };
    },
  },
  {
    title: 'a token after the others',
    build: (d, x) => {
      const tokens = d.e.transpose(
        d.e.reshape(d.conv(x, 2, 8, { kernel: 4, stride: 4 }), [1, 8, 16]),
        [0, 2, 1],
      );
      const all = d.e.concat([tokens, d.weights(1, 1, 8)], 1);
      const last = d.e.slice(all, [16], [17], [1]);
      return {
        output: d.head(d.norm(all, 8), 8, [1]),
        expect: [
          [all, 'tokens 8 of 4x4'],
          [last, undefined],
        ],
      };
    },
  },
  {
    title: 'class attention: the class token is the query, the image the values (CaiT, XCiT)',
    build: (d, x) => {
      const tokens = d.e.transpose(
        d.e.reshape(d.conv(x, 2, 8, { kernel: 4, stride: 4 }), [1, 8, 16]),
        [0, 2, 1],
      );
      const cls = d.weights(1, 1, 8);
      const all = d.norm(d.e.concat([cls, tokens], 1), 8);
      const asks = d.e.slice(all, [0], [1], [1]);
      const answer = d.attention(all, [1, 17, 8], 2, asks);
      return {
        output: d.head(answer, 8, [1]),
        expect: [
          [all, 'tokens 8 of 4x4 after 1'],
          [asks, undefined],
          [answer, undefined],
        ],
      };
    },
  },
  {
    title: 'tokens mixed by a matrix, no others among them (MLP-Mixer, ResMLP)',
    build: (d, x) => {
      const tokens = d.e.transpose(
        d.e.reshape(d.conv(x, 2, 8, { kernel: 4, stride: 4 }), [1, 8, 16]),
        [0, 2, 1],
      );
      const turned = d.e.transpose(tokens, [0, 2, 1]);
      const hidden = d.linear(turned, 16, 9);
      const back = d.e.transpose(d.linear(hidden, 9, 16), [0, 2, 1]);
      const sum = d.e.add(tokens, back);
      return {
        output: d.head(sum, 8, [1]),
        expect: [
          [turned, 'nchw 8 of 4x4'],
          [hidden, undefined],
          [sum, 'tokens 8 of 4x4'],
        ],
      };
    },
  },
  {
    title: 'queries of a decoder are not an image, however many (DETR)',
    build: (d, x) => {
      const tokens = d.e.transpose(
        d.e.reshape(d.conv(x, 2, 8, { kernel: 4, stride: 4 }), [1, 8, 16]),
        [0, 2, 1],
      );
      const values = d.linear(tokens, 8, 8);
      const weights = d.e.op('Softmax', [d.e.matmul(d.weights(1, 16, 8), tokens, { transB: true })]);
      const queries = d.norm(d.e.op('MatMul', [weights, values]), 8);
      return {
        output: d.head(queries, 8, [1]),
        expect: [
          [tokens, 'tokens 8 of 4x4'],
          [values, 'tokens 8 of 4x4'],
          [queries, undefined],
        ],
      };
    },
  },
  {
    title: 'attention between tokens is not a map, even with one head',
    build: (d, x) => {
      const tokens = d.e.transpose(
        d.e.reshape(d.conv(x, 2, 8, { kernel: 4, stride: 4 }), [1, 8, 16]),
        [0, 2, 1],
      );
      const scores = d.e.matmul(tokens, tokens, { transB: true });
      const mixed = d.e.op('MatMul', [d.e.op('Softmax', [scores]), tokens]);
      return {
        output: d.head(mixed, 8, [1]),
        expect: [
          [scores, undefined],
          [mixed, 'tokens 8 of 4x4'],
        ],
      };
    },
  },
  {
    title: 'after an operator that loses the trace, a norm recovers it by shape',
    dims: [1, 2, 16, 24],
    build: (d, x) => {
      const flat = d.e.reshape(d.conv(x, 2, 8, { kernel: 4, stride: 4 }), [1, 8, 24]);
      const all = d.e.concat([d.weights(1, 1, 8), d.e.transpose(flat, [0, 2, 1])], 1);
      const shuffled = d.e.gather(all, d.e.ints(Array.from({ length: 25 }, (_, i) => i)), 1);
      const found = d.norm(shuffled, 8);
      return {
        output: d.head(found, 8, [1]),
        expect: [
          [shuffled, undefined],
          [found, 'tokens 8 of 4x6 after 1'],
        ],
      };
    },
  },
  {
    title: 'windows, rolled and put back (Swin, MaxViT, NesT)',
    moves: true,
    build: (d, x) => {
      const last = d.e.transpose(x, [0, 2, 3, 1]);
      const rolled = d.e.concat([d.e.slice(last, [2], [16], [1]), d.e.slice(last, [0], [2], [1])], 1);
      const back = d.e.concat([d.e.slice(rolled, [14], [16], [1]), d.e.slice(rolled, [0], [14], [1])], 1);
      const windows = d.e.reshape(cut(d, back, [16, 16, 4, 2]), [16, 16, 2]);
      const joined = uncut(d, windows, [16, 16, 4, 2]);
      const tokens = d.e.reshape(joined, [1, 256, 2]);
      return {
        output: d.head(tokens, 2, [1]),
        expect: [
          [windows, undefined],
          [joined, 'nhwc 2 of 16x16'],
          [tokens, 'tokens 2 of 16x16'],
        ],
      };
    },
  },
  {
    title: 'a grid over the whole image instead of windows (MaxViT), not put back: not a map',
    build: (d, x) => {
      const last = d.e.transpose(x, [0, 2, 3, 1]);
      const grid = d.e.transpose(d.e.reshape(last, [1, 4, 4, 4, 4, 2]), [0, 2, 4, 1, 3, 5]);
      const tokens = d.e.reshape(grid, [1, 256, 2]);
      return { output: d.head(tokens, 2, [1]), expect: [[tokens, undefined]] };
    },
  },
  {
    title: 'patches merged into channels, by steps (Swin) or by Reshape',
    moves: true,
    build: (d, x) => {
      const last = d.e.transpose(x, [0, 2, 3, 1]);
      const every = (row: number, column: number) => d.e.slice(last, [row, column], [16, 16], [1, 2], [2, 2]);
      const stepped = d.e.concat([every(0, 0), every(1, 0), every(0, 1), every(1, 1)], 3);
      const shaped = d.e.reshape(cut(d, last, [16, 16, 2, 2]), [1, 8, 8, 8]);
      const tokens = d.e.reshape(shaped, [1, 64, 8]);
      return {
        output: d.head(d.e.add(stepped, d.e.reshape(tokens, [1, 8, 8, 8])), 8, [1, 2]),
        expect: [
          [stepped, 'nhwc 8 of 8x8'],
          [shaped, 'nhwc 8 of 8x8'],
          [tokens, 'tokens 8 of 8x8'],
        ],
      };
    },
  },
  {
    title: 'tokens in an order of their own until they are pooled (Hiera)',
    moves: true,
    build: (d, x) => {
      const last = d.e.transpose(x, [0, 2, 3, 1]);
      // Finest positions first: one of every 2 x 2 block after the other.
      const unrolled = d.e.transpose(d.e.reshape(last, [1, 8, 2, 8, 2, 2]), [0, 2, 4, 1, 3, 5]);
      const tokens = d.e.reshape(unrolled, [1, 256, 2]);
      const pooled = d.e.op('ReduceMax', [d.e.reshape(tokens, [1, 4, 64, 2]), d.e.ints([1])], {
        keepdims: 0,
      });
      return {
        output: d.head(pooled, 2, [1]),
        expect: [
          [tokens, undefined],
          [pooled, 'tokens 2 of 8x8'],
        ],
      };
    },
  },
  {
    title: 'pixels of a patch side by side in the batch, and back (MobileViT)',
    moves: true,
    build: (d, x) => {
      const split = d.e.transpose(d.e.reshape(x, [16, 2, 8, 2]), [0, 2, 1, 3]);
      const unfolded = d.e.transpose(d.e.reshape(split, [1, 2, 64, 4]), [0, 3, 2, 1]);
      const tokens = d.e.reshape(unfolded, [4, 64, 2]);
      const folded = d.e.transpose(d.e.reshape(tokens, [1, 4, 64, 2]), [0, 3, 2, 1]);
      const joined = d.e.transpose(d.e.reshape(folded, [16, 8, 2, 2]), [0, 2, 1, 3]);
      const map = d.e.reshape(joined, [1, 2, 16, 16]);
      return {
        output: d.head(d.relu(map), 2, [2, 3]),
        expect: [
          [tokens, undefined],
          [map, 'nchw 2 of 16x16'],
        ],
      };
    },
  },
];

/** Rows in even channels, columns in odd ones, as they were sent in; coarser maps hold any of the pixels they cover. */
function assertInPlace({ data, channels, height, width }: ReturnType<typeof toVolume>, side: number): void {
  const step = side / height;
  for (let at = 0; at < data.length; at++) {
    const [channel, place] = [Math.floor(at / (height * width)), at % (height * width)];
    const wanted = channel % 2 === 0 ? Math.floor(place / width) : place % width;
    assert.is(Math.floor(data[at] / step), wanted, `channel ${channel} of ${channels}, position ${place}`);
  }
}

for (const { title, dims = [1, 2, 16, 16], build, moves } of PATTERNS) {
  test(title, async () => {
    const draft = new Draft();
    const image = moves ? positions(dims[2], dims[3]) : floatTensor(dims, new Float32Array(sizeOf(dims)));
    const { output, expect } = build(draft, draft.e.input('x', 'float32', image.dims));
    const { network } = await open(draft, output, image);
    const layers = new Map(layersOf(network, 'x', 'y').map(({ name, layout }) => [name, layout]));
    assert.equal(
      expect.map(([name]) => describe(layers.get(name))),
      expect.map(([, layout]) => layout),
    );
    if (moves) {
      const k = await loadKernels();
      for (const [name] of expect.filter(([, layout]) => layout)) {
        const values = await network.forward({ x: image }, [name]);
        assertInPlace(toVolume(toFloat(values[name]), layers.get(name)!, k), dims[2]);
      }
    }
    await network.close();
  });
}

for (const name of fixtureNames()) {
  test(`${name}: the layer of the fixture has the stated layout`, async () => {
    const { model: bytes, layer, layout, tensor } = fixture(name);
    const model = readModel(bytes);
    const [input] = model.graph.inputs;
    const network = await Network.open(model, { [input.name]: tensor('input') }, {});
    const layers = layersOf(network, input.name, model.graph.outputs[0].name);
    const found = layers.find((one) => one.name === layer)!.layout;
    const { dims } = tensor('activation');
    const [height, width] = layout === 'nchw' ? dims.slice(2) : layout === 'nhwc' ? dims.slice(1) : [8, 8];
    const channels = layout === 'nchw' ? dims[1] : dims.at(-1);
    assert.equal(found, { kind: layout, channels, height, width, prefix: layout === 'tokens' ? 1 : 0 });
    await network.close();
  });
}

test('values with that many tokens have the grid that the caller describes', async () => {
  const draft = new Draft();
  const x = draft.e.input('x', 'float32', [1, 2, 16, 16]);
  const map = draft.conv(x, 2, 8, { kernel: 4, stride: 4 });
  const tokens = draft.e.transpose(draft.e.reshape(map, [1, 8, 16]), [0, 2, 1]);
  const { network } = await open(draft, draft.head(tokens, 8, [1]), positions(16, 16));
  const layouts = (text: string) =>
    layersOf(network, 'x', 'y', parseTokens(text)).map(({ layout }) => describe(layout));
  assert.equal(layouts('2x6+4'), ['nchw 8 of 4x4', 'nchw 8 of 4x4', 'tokens 8 of 2x6 after 4']);
  assert.equal(layouts('14x14+1'), ['nchw 8 of 4x4', 'nchw 8 of 4x4', 'tokens 8 of 4x4']);
  await network.close();
});

test('a grid of tokens is parsed from text', () => {
  assert.equal(parseTokens('14x14+1'), { height: 14, width: 14, prefix: 1 });
  assert.equal(parseTokens(' 8X12 '), { height: 8, width: 12, prefix: 0 });
  assert.equal(parseTokens('8x14x12+1'), { depth: 8, height: 14, width: 12, prefix: 1 });
  for (const wrong of ['', '0x3x3', '2x3x3x3', '14', '0x3', '14x14+', '14x14-1', '1.5x2', 'axb']) {
    assert.throws(
      () => parseTokens(wrong),
      (error: unknown) => error instanceof CamError && error.code === 'BAD_OPTION',
    );
  }
});

test.run();

import { suite } from 'uvu';
import { backwardGraph } from '../../src/autodiff/backward.ts';
import { CamError } from '../../src/errors.ts';
import { automaticLayer } from '../../src/network/automatic.ts';
import { layersOf } from '../../src/network/layers.ts';
import { Network } from '../../src/network/network.ts';
import type { Ref } from '../../src/onnx/emitter.ts';
import { readModel } from '../../src/onnx/read.ts';
import * as assert from '../helpers/assert.ts';
import { fixture, fixtureNames } from '../helpers/fixtures.ts';
import { Draft, open, positions } from './draft.ts';

const test = suite('automatic layer');

/** Where the references were made at another layer than the last one. */
const OTHERWISE: Readonly<Record<string, string>> = {
  efficientnet: '/bn2/act/Mul_output_0',
  segmentation: '/act_3/LeakyRelu_output_0',
  squeezenet: '/classifier/classifier.2/Relu_output_0',
};

for (const name of fixtureNames()) {
  test(name, async () => {
    const { model: bytes, layer, tensor } = fixture(name);
    const model = readModel(bytes);
    const [input] = model.graph.inputs;
    const [output] = model.graph.outputs;
    const network = await Network.open(model, { [input.name]: tensor('input') }, {});
    const layers = layersOf(network, input.name, output.name);
    const choice = automaticLayer(network, layers, input.name, output.name);
    assert.is(choice.layer.name, OTHERWISE[name] ?? layer);
    await network.close();
  });
}

interface Design {
  readonly title: string;
  /** Builds on "x" [1, 2, 16, 16] and returns the output and the value to choose. */
  readonly build: (d: Draft, x: Ref) => readonly [output: Ref, chosen: Ref];
  readonly why: RegExp;
}

const patches = (d: Draft, x: Ref): Ref =>
  d.e.transpose(d.e.reshape(d.conv(x, 2, 8, { kernel: 4, stride: 4 }), [1, 8, 16]), [0, 2, 1]);

const DESIGNS: readonly Design[] = [
  {
    title: 'features before the pooling that the classifier reads (VGG)',
    why: /pooled or flattened/,
    build: (d, x) => {
      const features = d.relu(d.conv(x, 2, 4, { stride: 2 }));
      const pool = d.e.op('MaxPool', [features], { kernel_shape: [2, 2], strides: [2, 2] });
      const dropped = d.e.op('Dropout', [pool]);
      return [d.linear(d.e.op('Flatten', [dropped]), 64, 3), features];
    },
  },
  {
    title: 'features after a crop',
    why: /pooled or flattened/,
    build: (d, x) => {
      const cropped = d.e.op('CenterCropPad', [d.conv(x, 2, 4), d.e.ints([12, 12])], { axes: [2, 3] });
      const features = d.relu(cropped);
      return [d.head(features, 4, [2, 3]), features];
    },
  },
  {
    title: 'what a gate weighs, not the gate (squeeze and excitation)',
    why: /pooled or flattened/,
    build: (d, x) => {
      const features = d.relu(d.conv(x, 2, 4, { stride: 2 }));
      const gate = d.e.sigmoid(d.conv(d.e.op('GlobalAveragePool', [features]), 4, 4, { kernel: 1 }));
      const gated = d.e.add(features, d.e.mul(features, gate));
      return [d.head(gated, 4, [2, 3]), gated];
    },
  },
  {
    title: 'the features that scores of every pixel are read from, not the scores, not their enlargement',
    why: /every position/,
    build: (d, x) => {
      const features = d.relu(d.conv(d.relu(d.conv(x, 2, 4, { stride: 2 })), 4, 6));
      const scores = d.conv(d.e.op('Dropout', [features]), 6, 3, { kernel: 1 });
      const weights = d.weights(3, 3, 2, 2);
      const large = d.e.op('ConvTranspose', [scores, weights], { strides: [2, 2] });
      return [d.e.op('Softmax', [large], { axis: 1 }), features];
    },
  },
  {
    title: 'the deepest features that the heads of a detector share',
    why: /all 2 heads share/,
    build: (d, x) => {
      const fine = d.relu(d.conv(x, 2, 4, { stride: 2 }));
      const coarse = d.relu(d.conv(fine, 4, 4, { stride: 2 }));
      const up = d.e.op('Resize', [coarse, '', d.e.constant('float32', [4], [1, 1, 2, 2])]);
      const neck = d.relu(d.conv(d.e.concat([fine, up], 1), 8, 4));
      const down = d.relu(d.conv(neck, 4, 4, { stride: 2 }));
      const heads = [
        d.e.reshape(d.conv(d.relu(d.conv(neck, 4, 4)), 4, 5, { kernel: 1 }), [1, 5, 64]),
        d.e.reshape(d.conv(d.relu(d.conv(down, 4, 4)), 4, 5, { kernel: 1 }), [1, 5, 16]),
      ];
      return [d.e.transpose(d.e.concat(heads, 2), [0, 2, 1]), neck];
    },
  },
  {
    title: 'the map that the heads share, where its size also makes their anchors (YOLO of dynamic size)',
    why: /all 2 heads share/,
    build: (d, x) => {
      const { e } = d;
      const joined = e.concat([d.conv(x, 2, 4, { stride: 2 }), d.conv(x, 2, 4, { stride: 2 })], 1);
      const neck = d.relu(d.conv(joined, 8, 4));
      const rows = e.gather(e.op('Shape', [neck]), e.constant('int64', [], [2]), 0);
      const anchors = e.mul(
        e.op('Cast', [e.op('Unsqueeze', [rows, e.constant('int64', [1], [0])])], { to: 1 }),
        0.1,
      );
      const heads = [2, 4].map((stride) => {
        const size = 16 / 2 / stride;
        return e.reshape(d.conv(d.relu(d.conv(neck, 4, 4, { stride })), 4, 7), [1, 7, size * size]);
      });
      return [e.transpose(e.add(e.concat(heads, 2), anchors), [0, 2, 1]), neck];
    },
  },
  {
    title: 'the tokens before an attention of which one token is read (CLIP, attention pooling)',
    why: /reads all positions/,
    build: (d, x) => {
      const tokens = d.e.add(d.e.concat([d.weights(1, 1, 8), patches(d, x)], 1), d.weights(1, 17, 8));
      const out = d.linear(d.attention(tokens, [1, 17, 8]), 8, 8);
      return [d.linear(d.e.gather(out, d.e.constant('int64', [], [0]), 1), 8, 3), tokens];
    },
  },
  {
    title: 'the same, where the token is cut out',
    why: /reads all positions/,
    build: (d, x) => {
      const tokens = d.e.add(d.e.concat([d.weights(1, 1, 8), patches(d, x)], 1), d.weights(1, 17, 8));
      const out = d.linear(d.attention(tokens, [1, 17, 8]), 8, 8);
      return [d.linear(d.e.reshape(d.e.slice(out, [0], [1], [1]), [1, 8]), 8, 3), tokens];
    },
  },
  {
    title: 'a map that is rolled by slices, whose parts are all read (Swin)',
    why: /pooled or flattened/,
    build: (d, x) => {
      const map = d.relu(d.conv(x, 2, 6, { stride: 2 }));
      const rolled = d.e.concat([d.e.slice(map, [3], [8], [2]), d.e.slice(map, [0], [3], [2])], 2);
      return [d.head(rolled, 6, [2, 3]), rolled];
    },
  },
  {
    title: 'the map before it is flattened into a sequence for a recurrent layer (CRNN)',
    why: /pooled or flattened/,
    build: (d, x) => {
      const map = d.relu(d.conv(x, 2, 4, { stride: 2 }));
      const steps = d.e.reshape(d.e.transpose(map, [3, 0, 1, 2]), [8, 1, 32]);
      const [states] = d.e.op(
        'LSTM',
        [steps, d.weights(1, 24, 32), d.weights(1, 24, 6)],
        { hidden_size: 6 },
        2,
      );
      return [d.linear(d.e.reduceMean(states, [0, 1], false), 6, 3), map];
    },
  },
  {
    title: 'the masked map, where the mask is a comparison',
    why: /pooled or flattened/,
    build: (d, x) => {
      const map = d.relu(d.conv(x, 2, 6, { stride: 2 }));
      const mask = d.relu(d.conv(map, 6, 6));
      const masked = d.e.where(d.e.greater(mask, 0.1), map, 0);
      return [d.head(masked, 6, [2, 3]), masked];
    },
  },
  {
    title: 'the first norm of the last block (ViT)',
    why: /last attention block/,
    build: (d, x) => {
      const all = d.e.concat([d.weights(1, 1, 8), patches(d, x)], 1);
      const out = d.norm(d.block(d.block(all, 17, 8), 17, 8), 8);
      return [d.linear(d.e.gather(out, d.e.constant('int64', [], [0]), 1), 8, 3), d.norms[1]];
    },
  },
  {
    title: 'the same when normalization is written out (before opset 17)',
    why: /last attention block/,
    build: (d, x) => {
      const old = (y: Ref) => d.oldNorm(y, 8);
      const out = d.block(d.block(patches(d, x), 16, 8, old), 16, 8, old);
      return [d.head(old(out), 8, [1]), d.norms[1]];
    },
  },
  {
    title: 'a norm after the attention, in blocks that normalize there (Swin V2)',
    why: /last attention block/,
    build: (d, x) => {
      const start = d.norm(patches(d, x), 8);
      const normed = d.norm(d.attention(start, [1, 16, 8]), 8);
      const mid = d.e.add(start, normed);
      const last = d.norm(d.attention(mid, [1, 16, 8]), 8);
      return [d.head(d.e.add(mid, last), 8, [1]), last];
    },
  },
  {
    title: 'the norm, also where keys are thinned out and normalized again (PVT)',
    why: /last attention block/,
    build: (d, x) => {
      const tokens = patches(d, x);
      const first = d.norm(tokens, 8);
      const map = d.e.reshape(d.e.transpose(first, [0, 2, 1]), [1, 8, 4, 4]);
      const thin = d.e.reshape(d.conv(map, 8, 8, { kernel: 2, stride: 2 }), [1, 8, 4]);
      const keys = d.norm(d.e.transpose(thin, [0, 2, 1]), 8);
      const weights = d.e.op('Softmax', [d.e.matmul(first, keys, { transB: true })]);
      const out = d.e.add(tokens, d.e.op('MatMul', [weights, keys]));
      return [d.head(out, 8, [1]), first];
    },
  },
  {
    title: 'the last map, where convolutions follow the attention at another resolution',
    why: /pooled or flattened/,
    build: (d, x) => {
      const out = d.e.transpose(d.block(patches(d, x), 16, 8), [0, 2, 1]);
      const map = d.relu(d.conv(d.e.reshape(out, [1, 8, 4, 4]), 8, 6, { stride: 2 }));
      return [d.head(map, 6, [2, 3]), map];
    },
  },
  {
    title: 'the last map, where a convolution follows the attention at the same resolution (CMT)',
    why: /pooled or flattened/,
    build: (d, x) => {
      const out = d.e.transpose(d.block(patches(d, x), 16, 8), [0, 2, 1]);
      const map = d.relu(d.conv(d.e.reshape(out, [1, 8, 4, 4]), 8, 6));
      return [d.head(map, 6, [2, 3]), map];
    },
  },
  {
    title: 'the last map, where rows and columns are averaged one after the other',
    why: /pooled or flattened/,
    build: (d, x) => {
      const map = d.relu(d.conv(x, 2, 6, { stride: 2 }));
      const columns = d.e.reduceMean(map, [3], false);
      return [d.head(columns, 6, [2]), map];
    },
  },
  {
    title: 'the whole map, where its channels part ways to the head',
    why: /all 2 heads share/,
    build: (d, x) => {
      const map = d.relu(d.conv(x, 2, 6, { stride: 2 }));
      const [mean, most] = d.e.split(map, [2, 4], 1);
      const parts = [d.e.op('GlobalAveragePool', [mean]), d.e.op('GlobalMaxPool', [most])];
      return [d.linear(d.e.op('Flatten', [d.e.concat(parts, 1)]), 6, 3), map];
    },
  },
  {
    title: 'the last map of a network without attention that normalizes (MLP-Mixer)',
    why: /pooled or flattened/,
    build: (d, x) => {
      const tokens = patches(d, x);
      const mixed = d.e.transpose(d.linear(d.e.transpose(d.norm(tokens, 8), [0, 2, 1]), 16, 16), [0, 2, 1]);
      const last = d.norm(d.e.add(tokens, mixed), 8);
      return [d.head(last, 8, [1]), last];
    },
  },
];

for (const { title, build, why } of DESIGNS) {
  test(title, async () => {
    const draft = new Draft();
    const [output, chosen] = build(draft, draft.e.input('x', 'float32', [1, 2, 16, 16]));
    const { network } = await open(draft, output, positions(16, 16));
    const choice = automaticLayer(network, layersOf(network, 'x', 'y'), 'x', 'y');
    assert.is(choice.layer.name, chosen);
    assert.match(choice.why, why);
    const { model, facts } = network;
    assert.ok(backwardGraph(model, facts, { output: 'y', wrt: [chosen] }).gradients.has(chosen));
    await network.close();
  });
}

test('a layer before a barrier gives way to a later one', async () => {
  const build = (scales: boolean) => {
    const draft = new Draft();
    const features = draft.relu(draft.conv(draft.e.input('x', 'float32', [1, 2, 16, 16]), 2, 4));
    const branch = () => {
      const scale = { scale: { float: 2 }, bias: { floats: [0, 0, 0, 0] } };
      return draft.relu(scales ? draft.e.op('ImageScaler', [features], scale) : draft.conv(features, 4, 4));
    };
    const branches = [branch(), branch()];
    const pooled = branches.map((map) => draft.e.op('Flatten', [draft.e.op('GlobalAveragePool', [map])]));
    return { draft, features, branches, output: draft.linear(draft.e.concat(pooled, 1), 8, 3) };
  };
  for (const scales of [false, true]) {
    const { draft, features, branches, output } = build(scales);
    const { network } = await open(draft, output, positions(16, 16), new Map([['', 7]]));
    const choice = automaticLayer(network, layersOf(network, 'x', 'y'), 'x', 'y');
    assert.is(branches.includes(choice.layer.name), scales);
    assert.is(choice.layer.name === features, !scales);
    await network.close();
  }
});

test('a model without space is refused', async () => {
  const draft = new Draft();
  const x = draft.e.input('x', 'float32', [1, 2, 16, 16]);
  const { network } = await open(
    draft,
    draft.linear(draft.e.reshape(x, [1, 512]), 512, 3),
    positions(16, 16),
  );
  const layers = layersOf(network, 'x', 'y');
  assert.equal(layers, []);
  assert.throws(
    () => automaticLayer(network, layers, 'x', 'y'),
    (error: unknown) => error instanceof CamError && error.code === 'UNSUPPORTED_MODEL',
  );
  await network.close();
});

test.run();

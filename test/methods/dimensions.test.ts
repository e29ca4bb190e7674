// One network in several shapes: what is known of images holds for signals, volumes and video, since a Conv over [C, L]
// is one over [C, 1, L], and one over [C, D, H, W] with a single row is one over [C, D, W].
import { suite } from 'uvu';
import { Explainer, type ExplainOptions, type ExplainReport } from '../../src/index.ts';
import { METHOD_IDS, type MethodId } from '../../src/methods/index.ts';
import { Emitter, type Ref } from '../../src/onnx/emitter.ts';
import { floatTensor } from '../../src/runtime/tensor.ts';
import * as assert from '../helpers/assert.ts';
import { relativeError } from '../helpers/fixtures.ts';
import { noise } from './networks.ts';

const CHANNELS = 3;
const FEATURES = 5;
const CLASSES = 3;

interface Shape {
  /** The input, without the batch. */
  readonly dims: readonly number[];
  /** Brings the input into the order of the convolutions. */
  readonly before?: (e: Emitter, x: Ref) => Ref;
  readonly kernel: readonly number[];
  /** Brings the last map into [1, C, ...space], before it is pooled. */
  readonly after?: (e: Emitter, x: Ref) => Ref;
}

/** Conv, Relu, Conv with stride 2, Relu, mean over space, and a linear head; equal weights in every shape. */
function modelOf({ dims, before = (_, x) => x, kernel, after = (_, x) => x }: Shape): Uint8Array {
  const e = new Emitter('v');
  const taps = kernel.reduce((a, b) => a * b);
  const conv = (x: Ref, from: number, to: number, seed: number, stride: number): Ref => {
    const w = e.constant('float32', [to, from, ...kernel], [...noise(to * from * taps, seed)]);
    const b = e.constant('float32', [to], [...noise(to, seed + 1)]);
    const pads = kernel.map((size) => (size - 1) / 2);
    const strides = kernel.map((size) => (size > 1 ? stride : 1));
    return e.op('Conv', [x, w, b], { pads: [...pads, ...pads], strides, kernel_shape: [...kernel] });
  };
  const x = before(e, e.input('x', 'float32', ['N', ...dims]));
  const first = e.op('Relu', [conv(x, CHANNELS, 4, 1, 1)]);
  const last = e.op('Relu', [conv(first, 4, FEATURES, 3, 2)]);
  const pooled = e.op('Flatten', [e.op('GlobalAveragePool', [after(e, last)])]);
  const head = e.constant('float32', [FEATURES, CLASSES], [...noise(FEATURES * CLASSES, 5)]);
  e.output(e.op('Gemm', [pooled, head]), 'y');
  return e.bytes();
}

const OPTIONS: ExplainOptions = { samples: 3, class: 1, concepts: 2 };

async function reportOf(
  shape: Shape,
  data: Float32Array,
  options: ExplainOptions = {},
): Promise<ExplainReport> {
  const explainer = await Explainer.load(modelOf(shape));
  try {
    const x = floatTensor([1, ...shape.dims], data);
    return await explainer.explainAll(x, { method: METHOD_IDS, ...OPTIONS, ...options });
  } finally {
    await explainer.close();
  }
}

/** These explain transformers alone. */
const NEED_ATTENTION = ['legrad', 'rollout'].map((method) => [method, 'UNSUPPORTED_MODEL']);

/** Every method has the same map and heatmap, or fails for the same reason. */
function alike(found: ExplainReport, expected: ExplainReport, except: readonly MethodId[] = []): void {
  const failed = ({ failures }: ExplainReport) => failures.map(({ method, code }) => [method, code]);
  assert.equal(failed(found), failed(expected));
  assert.equal(failed(found), NEED_ATTENTION);
  for (const [i, { method, raw, heatmap, warnings }] of found.explanations.entries()) {
    const twin = expected.explanations[i];
    assert.is(method, twin.method);
    if (except.includes(method)) continue;
    assert.is(raw.length, twin.raw.length, method);
    raw.forEach((map, m) => assert.ok(relativeError(map.data, twin.raw[m].data) < 1e-4, method));
    assert.ok(relativeError(heatmap.data, twin.heatmap.data) < 1e-4, `heatmap of ${method}`);
    assert.equal(warnings, twin.warnings);
  }
}

const test = suite('every method on inputs with one and three axes of space');

const LENGTH = 24;
const signal = noise(CHANNELS * LENGTH, 11);
const asImage: Shape = { dims: [CHANNELS, 1, LENGTH], kernel: [1, 3] };

test('a signal [C, L] is an image with one row', async () => {
  const found = await reportOf({ dims: [CHANNELS, LENGTH], kernel: [3] }, signal);
  alike(found, await reportOf(asImage, signal));
  const [{ image, heatmap, raw }] = found.explanations;
  assert.equal([image.form, heatmap.depth, heatmap.height, heatmap.width], ['signal', undefined, 1, LENGTH]);
  assert.equal([raw[0].height, raw[0].width], [1, LENGTH / 2]);
});

/** [rows, columns] to [columns, rows]. */
const turned = (data: Float32Array, rows: number): Float32Array =>
  data.map((_, at) => data[(at % rows) * (data.length / rows) + Math.floor(at / rows)]);

test('a signal may have its channels last [L, C]', async () => {
  const last: Shape = {
    dims: [LENGTH, CHANNELS],
    before: (e, x) => e.transpose(x, [0, 2, 1]),
    kernel: [3],
  };
  alike(await reportOf(last, turned(signal, CHANNELS)), await reportOf(asImage, signal));
});

const [DEPTH, HEIGHT, WIDTH] = [6, 8, 10];

test('a volume [C, D, 1, W] is an image [C, D, W]', async () => {
  const data = noise(CHANNELS * DEPTH * WIDTH, 12);
  const flat: Shape = { dims: [CHANNELS, DEPTH, WIDTH], kernel: [3, 3] };
  const found = await reportOf({ dims: [CHANNELS, DEPTH, 1, WIDTH], kernel: [3, 1, 3] }, data);
  // Occlusion has fewer patches along the sides of a volume: see below.
  alike(found, await reportOf(flat, data), ['occlusion']);
  const [{ image, heatmap, raw }] = found.explanations;
  assert.equal([image.form, heatmap.depth, heatmap.height, heatmap.width], ['volume', DEPTH, 1, WIDTH]);
  assert.equal([raw[0].depth, raw[0].height, raw[0].width], [DEPTH / 2, 1, WIDTH / 2]);
});

const video = noise(CHANNELS * DEPTH * HEIGHT * WIDTH, 13);
const asVolume: Shape = { dims: [CHANNELS, DEPTH, HEIGHT, WIDTH], kernel: [3, 3, 3] };

/** [C, T, ...] to [T, C, ...], and back with the counts exchanged. */
function swapped(data: Float32Array, channels: number, frames: number): Float32Array {
  const size = data.length / (channels * frames);
  return data.map((_, at) => {
    const [frame, c] = [Math.floor(at / (size * channels)), Math.floor(at / size) % channels];
    return data[(c * frames + frame) * size + (at % size)];
  });
}

test('a video [T, C, H, W] is a volume [C, T, H, W]', async () => {
  const frames: Shape = {
    ...asVolume,
    dims: [DEPTH, CHANNELS, HEIGHT, WIDTH],
    before: (e, x) => e.transpose(x, [0, 2, 1, 3, 4]),
  };
  alike(await reportOf(frames, swapped(video, CHANNELS, DEPTH)), await reportOf(asVolume, video));
});

test('a volume may have its channels last [D, H, W, C]', async () => {
  const last: Shape = {
    ...asVolume,
    dims: [DEPTH, HEIGHT, WIDTH, CHANNELS],
    before: (e, x) => e.transpose(x, [0, 4, 1, 2, 3]),
  };
  alike(await reportOf(last, turned(video, CHANNELS)), await reportOf(asVolume, video));
});

test('frames that are a batch to the convolutions [T, C, H, W] are slices', async () => {
  const batched: Shape = {
    dims: [DEPTH, CHANNELS, HEIGHT, WIDTH],
    before: (e, x) => e.reshape(x, [DEPTH, CHANNELS, HEIGHT, WIDTH]),
    kernel: [3, 3],
    after: (e, x) => e.transpose(e.reshape(x, [1, DEPTH, FEATURES, HEIGHT / 2, WIDTH / 2]), [0, 2, 1, 3, 4]),
  };
  const single: Shape = { ...asVolume, kernel: [1, 3, 3] };
  const found = await reportOf(batched, swapped(video, CHANNELS, DEPTH), { batchSize: 1 });
  alike(found, await reportOf(single, video));
  assert.equal(found.explanations[0].raw[0].depth, DEPTH);
});

test('a map of a layer without depth is spread over the slices', async () => {
  const pooled: Shape = {
    ...asVolume,
    before: (e, x) => e.reduceMean(x, [2]),
    kernel: [1, 3, 3],
  };
  const flat: Shape = { dims: [CHANNELS, HEIGHT, WIDTH], kernel: [3, 3] };
  const size = HEIGHT * WIDTH;
  const slices = Array.from({ length: CHANNELS * size }, (_, at) => {
    const start = Math.floor(at / size) * DEPTH * size + (at % size);
    return Array.from({ length: DEPTH }, (__, slice) => video[start + slice * size] / DEPTH);
  });
  const mean = Float32Array.from(slices, (values) => values.reduce((a, b) => a + b));
  const found = await reportOf(pooled, video, { method: 'gradcam' });
  const expected = await reportOf(flat, mean, { method: 'gradcam' });
  const { depth, data } = found.explanations[0].heatmap;
  assert.is(depth, DEPTH);
  for (let slice = 0; slice < DEPTH; slice++) {
    const one = data.subarray(slice * size, (slice + 1) * size);
    assert.ok(relativeError(one, expected.explanations[0].heatmap.data) < 1e-4);
  }
});

test('occlusion of a volume averages the fall of the score over the cuboids that hide a place', async () => {
  const e = new Emitter('v');
  const side = 8;
  const size = side ** 3;
  const weights = noise(size, 14);
  const x = e.input('x', 'float32', ['N', 1, side, side, side]);
  const flat = e.op('Flatten', [x]);
  e.output(e.op('MatMul', [flat, e.constant('float32', [size, 1], [...weights])]), 'y');
  const data = noise(size, 15);
  const explainer = await Explainer.load(e.bytes());
  const { raw } = await explainer.explain(floatTensor([1, 1, side, side, side], data), {
    method: 'occlusion',
    target: 'y[0, 0]',
    baseline: 'zero',
  });
  await explainer.close();
  // Eight positions in quarters: a cuboid has two along each side, and moves by one.
  const share = (at: number) => weights[at] * data[at];
  const starts = (place: number) => [place - 1, place].filter((start) => start >= 0 && start <= side - 2);
  const expected = Array.from(data, (_, at) => {
    const [z, y, c] = [Math.floor(at / side ** 2), Math.floor(at / side) % side, at % side];
    const falls = starts(z).flatMap((front) =>
      starts(y).flatMap((top) =>
        starts(c).map((left) =>
          [0, 1, 2, 3, 4, 5, 6, 7].reduce(
            (sum, i) =>
              sum + share(((front + (i >> 2)) * side + top + ((i >> 1) & 1)) * side + left + (i & 1)),
            0,
          ),
        ),
      ),
    );
    return falls.reduce((a, b) => a + b) / falls.length;
  });
  assert.ok(relativeError(raw[0].data, Float32Array.from(expected)) < 1e-4);
});

test.run();

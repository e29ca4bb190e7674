import { readFileSync } from 'node:fs';
import { suite } from 'uvu';
import { bandPicture } from '../../src/image/bands.ts';
import { colorTable } from '../../src/image/colormaps.ts';
import {
  type CamError,
  Explainer,
  type ExplainOptions,
  type Explanation,
  overlay,
  type Picture,
  toPNG,
  type Volume,
  WRITERS,
} from '../../src/index.ts';
import { Emitter } from '../../src/onnx/emitter.ts';
import { floatTensor } from '../../src/runtime/tensor.ts';
import * as assert from '../helpers/assert.ts';
import { noise, pooledClassifier } from '../methods/networks.ts';

const test = suite('pictures of tensors, volumes and signals');

/** Explains a ReLU and a mean over space, whose map is the sum of the positive values. */
async function explained(
  dims: readonly number[],
  { channelsLast = false, ...options }: ExplainOptions & { channelsLast?: boolean } = {},
): Promise<Explanation> {
  const e = new Emitter('v');
  const x = e.input('x', 'float32', ['N', ...dims]);
  const channels = channelsLast ? dims[dims.length - 1] : dims[0];
  const order = [0, dims.length, ...Array.from({ length: dims.length - 1 }, (_, i) => i + 1)];
  const first = channelsLast ? e.transpose(x, order) : x;
  const one = e.constant(
    'float32',
    [channels, channels, ...new Array<number>(dims.length - 1).fill(1)],
    Array.from({ length: channels ** 2 }, (_, i) => (i % (channels + 1) === 0 ? 1 : 0)),
  );
  const A = e.op('Relu', [e.op('Conv', [first, one])]);
  const weights = Array.from({ length: channels }, () => [1, -1]);
  e.output(pooledClassifier(e, A, weights), 'y');
  const explainer = await Explainer.load(e.bytes());
  try {
    const size = dims.reduce((a, b) => a * b);
    return await explainer.explain(floatTensor([1, ...dims], noise(size, 3)), { class: 0, ...options });
  } finally {
    await explainer.close();
  }
}

/** (1 - alpha) background + alpha color, per byte. */
function blended(background: (at: number) => number, values: ArrayLike<number>, alpha: number): number[] {
  const table = colorTable('turbo');
  return Array.from({ length: values.length * 4 }, (_, at) => {
    const color = table[4 * Math.floor(255 * values[Math.floor(at / 4)] + 0.5) + (at % 4)];
    return at % 4 === 3 ? 255 : (1 - alpha) * background(at) + alpha * color;
  });
}

function near(picture: Picture, expected: readonly number[]): void {
  assert.is(picture.data.length, expected.length);
  assert.ok(expected.every((value, at) => Math.abs(picture.data[at] - value) <= 1));
}

const refusal = (option: string) => (error: CamError) =>
  assert.equal([error.code, error.option], ['BAD_OPTION', option]);
const refused = (work: Promise<unknown>, option: string) =>
  work.then(() => assert.unreachable('it is not refused'), refusal(option));

for (const channels of [2, 4, 5, 13]) {
  test(`a tensor of ${channels} channels has its heatmap alone, or over chosen bands`, async () => {
    const explanation = await explained([channels, 6, 7]);
    const { heatmap, image } = explanation;
    near(
      await overlay(explanation),
      blended(() => 0, heatmap.data, 1),
    );
    const bands = channels > 2 ? [3, 2, 1] : [2];
    const input = image.input as Volume;
    const chosen = bands.flatMap((band) => [...input.data.subarray((band - 1) * 42, band * 42)]);
    const below = bandPicture({ ...input, data: Float32Array.from(chosen), channels: bands.length });
    near(
      await overlay(explanation, { bands }),
      blended((at) => below.data[at], heatmap.data, 0.5),
    );
    await refused(overlay(explanation, { bands: [channels + 1] }), 'bands');
    await refused(overlay(explanation, { bands: [1, 2] }), 'bands');
    await refused(overlay(explanation, { bands: [0] }), 'bands');
    await refused(overlay(explanation, { slice: 1 }), 'slice');
  });
}

test('bands may be last: the first convolution tells', async () => {
  const { image, heatmap } = await explained([6, 7, 5], { channelsLast: true });
  assert.equal([image.input?.channels, heatmap.height, heatmap.width], [5, 6, 7]);
});

test('a signed map of five channels is drawn where it is strongest', async () => {
  const explanation = await explained([5, 6, 7], { method: 'guided-backprop' });
  assert.is((await overlay(explanation)).data.length, 6 * 7 * 4);
  assert.is((await overlay(explanation, { bands: [1, 2, 3] })).data.length, 6 * 7 * 4);
});

test('bands of a picture are refused', async () => {
  const explainer = await Explainer.load();
  const golfBall = readFileSync(new URL('../../examples/golf-ball.jpg', import.meta.url));
  const explanation = await explainer.explain(golfBall);
  await explainer.close();
  await refused(overlay(explanation, { bands: [1, 2, 3] }), 'bands');
  await refused(toPNG(explanation, { slice: 1 }), 'slice');
});

test('a slice of a volume has its part of the heatmap, over gray values that all slices share', async () => {
  const explanation = await explained([1, 5, 6, 7]);
  const { heatmap, image } = explanation;
  assert.equal([heatmap.depth, heatmap.height, heatmap.width], [5, 6, 7]);
  const below = bandPicture({ data: image.input!.data, channels: 1, height: 30, width: 7 });
  for (const slice of [1, 4]) {
    const from = (slice - 1) * 42;
    near(
      await overlay(explanation, { slice }),
      blended((at) => below.data[4 * from + at], heatmap.data.subarray(from, from + 42), 0.5),
    );
  }
  const sheet = await overlay(explanation); // three columns, two rows
  assert.equal([sheet.width, sheet.height], [3 * 7 + 2 * 2, 2 * 6 + 2]);
  await refused(overlay(explanation, { slice: 6 }), 'slice');
});

for (const method of ['guided-backprop', 'dff', 'occlusion'] as const) {
  test(`${method} of a volume and of a signal can be drawn, as can the raw maps`, async () => {
    for (const [dims, slice] of [
      [[2, 4, 6, 6], 2],
      [[3, 40], undefined],
      [[50, 40], undefined],
    ] as const) {
      const explanation = await explained(dims, { method });
      const { width, height } = await overlay(explanation, { slice });
      const expected = slice ? [6, 6] : dims[0] > 40 ? [40, 50] : [960, 720];
      assert.equal([width, height], expected);
      assert.is((await WRITERS.png(explanation, 0, { raw: true, slice }, () => ({})))[1], 0x50);
    }
  });
}

test('a signal is drawn as curves over the colors of its heatmap', async () => {
  const explanation = await explained([2, 960]);
  const picture = await overlay(explanation);
  assert.equal([picture.width, picture.height], [960, 480]); // one column for each sample
  // The top row of each lane is above the curve.
  for (const row of [0, 240]) {
    const data = picture.data.subarray(4 * row * 960, 4 * (row + 1) * 960);
    near(
      { data, width: 960, height: 1 },
      blended(() => 255, explanation.heatmap.data, 0.5),
    );
  }
  const lead = await overlay(explanation, { bands: [2] });
  assert.equal([lead.width, lead.height], [960, 240]);
  await refused(overlay(explanation, { bands: [3] }), 'bands');
  await refused(overlay(explanation, { slice: 1 }), 'slice');
});

test.run();

// The typed face of the kernels: what each function means, in numbers that can be checked by hand.
import { test } from 'uvu';
import { CamError, type ErrorCode } from '../../src/errors.ts';
import { bind } from '../../src/kernels/bind.ts';
import { alignCorners, type Extent, loadKernels, type Plane, type Volume } from '../../src/kernels/index.ts';
import { instantiate } from '../../src/kernels/load.ts';
import { Emitter } from '../../src/onnx/emitter.ts';
import { createSession } from '../../src/runtime/session.ts';
import { floatTensor, toFloat } from '../../src/runtime/tensor.ts';
import * as assert from '../helpers/assert.ts';
import { uniform } from '../helpers/random.ts';
import { compile } from './compile.ts';

const kernels = await loadKernels();

const plane = (...rows: number[][]): Plane => ({
  data: Float32Array.from(rows.flat()),
  height: rows.length,
  width: rows[0].length,
});

const volume = (...planes: number[][][]): Volume => ({
  data: Float32Array.from(planes.flat(2)),
  channels: planes.length,
  height: planes[0].length,
  width: planes[0][0].length,
});

const A = volume([[1, 2, 3]], [[-4, 5, -6]]); // two channels, one row

// ---- Sums ----

test('weightedSum: Σ_k w_k A_k', () => {
  const { data, height, width } = kernels.weightedSum(A, Float32Array.of(10, 1));
  assert.equal([...data], [6, 25, 24]);
  assert.equal([height, width], [1, 3]);
});

test('productSum: Σ_k W_k A_k; reluProductSum drops what is negative before the sum', () => {
  const W = volume([[1, -1, 2]], [[1, 2, -1]]);
  assert.equal([...kernels.productSum(A, W).data], [-3, 8, 12]);
  assert.equal([...kernels.reluProductSum(A, W).data], [1, 10, 12]);
});

test('spatialSum, spatialMean, spatialDot: one number for each channel', () => {
  assert.equal([...kernels.spatialSum(A)], [6, -5]);
  assert.equal([...kernels.spatialMean(A)], [2, Math.fround(-5 / 3)]);
  assert.equal([...kernels.spatialDot(A, A)], [14, 77]);
});

test('a volume without channels sums to zeros, one without positions to zero', () => {
  const none = { data: new Float32Array(), channels: 0, height: 1, width: 3 };
  assert.equal([...kernels.weightedSum(none, new Float32Array()).data], [0, 0, 0]);
  const empty = { data: new Float32Array(), channels: 2, height: 0, width: 0 };
  assert.equal([...kernels.spatialSum(empty)], [0, 0]);
  assert.equal([...kernels.spatialMean(empty)], [NaN, NaN]);
});

test('long sums keep their digits: 2048 channels, and 224 × 224 positions, of one third', () => {
  const third = Math.fround(1 / 3);
  const deep = { data: new Float32Array(2048 * 5).fill(third), channels: 2048, height: 1, width: 5 };
  for (const sum of kernels.weightedSum(deep, new Float32Array(2048).fill(1)).data) {
    near(sum, 2048 * third, 1e-6 * 2048 * third);
  }
  const wide = { data: new Float32Array(50176).fill(third), channels: 1, height: 224, width: 224 };
  near(kernels.spatialSum(wide)[0], 50176 * third, 1e-6 * 50176 * third);
});

test('a NaN stays in its position of a sum over channels, and in its channel of a sum over positions', () => {
  const spoiled = volume([[1, NaN, 3, Infinity]], [[1, 1, 1, 1]]);
  assert.equal([...kernels.weightedSum(spoiled, Float32Array.of(1, 1)).data], [2, NaN, 4, Infinity]);
  assert.equal([...kernels.reluProductSum(spoiled, spoiled).data], [2, NaN, 10, Infinity]);
  assert.equal([...kernels.spatialSum(spoiled)], [NaN, 4]);
});

test('gram: the products of every two columns, summed over the rows', () => {
  const rows = Float32Array.of(1, 2, 3, -4, 5, -6); // [2, 3]
  assert.equal([...kernels.gram(rows, 2, 3)], [17, -18, 27, -18, 29, -24, 27, -24, 45]);
  assert.equal([...kernels.gram(new Float32Array(), 0, 2)], [0, 0, 0, 0]);
  const third = Math.fround(1 / 3);
  near(kernels.gram(new Float32Array(50176).fill(third), 50176, 1)[0], 50176 * third ** 2, 1e-3);
});

test('magnitudeSum: |w A| brought to [0, 1] as a whole or channel by channel, and added up', () => {
  const weights = Float32Array.of(1, -2); // magnitudes [1, 2, 3] and [8, 10, 12]
  const whole = kernels.magnitudeSum(A, weights).data;
  [7, 10, 13].forEach((sum, i) => near(whole[i], sum / 11, 1e-6));
  assert.equal([...kernels.magnitudeSum(A, weights, { each: 'channel' }).data], [0, 1, 2]);
});

// ---- Pointwise ----

test('relu: negatives become 0, NaN stays', () => {
  const values = Float32Array.of(-1, -0, 2, NaN, Infinity, -Infinity);
  assert.equal([...kernels.relu(values)], [0, 0, 2, NaN, Infinity, 0]);
});

test('minMax reaches 0 and 1 exactly', () => {
  const random = uniform(1);
  for (let i = 0; i < 100; i++) {
    const data = Float32Array.from({ length: 49 }, () => random() * 10 - 7);
    const map = kernels.minMax({ data, height: 7, width: 7 }).data;
    assert.equal([Math.min(...map), Math.max(...map)], [0, 1]);
  }
  assert.equal([...kernels.minMax(plane([-1, 1, 3])).data], [0, 0.5, 1]);
});

test('minMax: an epsilon is added to the range; without a range the map is 0', () => {
  assert.equal([...kernels.minMax(plane([0, 1, 2]), 2).data], [0, 0.25, 0.5]);
  assert.equal([...kernels.minMax(plane([5, 5, 5])).data], [0, 0, 0]);
  assert.equal([...kernels.minMax(plane([5, 5, 5]), 1e-7).data], [0, 0, 0]);
});

test('minMax does not hide what is not finite', () => {
  for (const at of [0, 3, 8, 40]) {
    const data = new Float32Array(41);
    data[at] = NaN;
    assert.ok(kernels.minMax({ data, height: 1, width: 41 }).data.every(Number.isNaN));
  }
  assert.equal([...kernels.minMax(plane([1, Infinity, 2])).data], [0, NaN, 0]);
  assert.equal([...kernels.minMax(plane([1, -Infinity, 2])).data], [NaN, NaN, NaN]);
});

// ---- Resampling: the examples in the documentation of torch.nn.Upsample ----

const small = plane([1, 2], [3, 4]);

test('resample: half-pixel centers as torch.nn.Upsample(scale_factor=2, mode="bilinear")', () => {
  equalTo4(kernels.resample(small, { height: 4, width: 4 }).data, [
    ...[1.0, 1.25, 1.75, 2.0],
    ...[1.5, 1.75, 2.25, 2.5],
    ...[2.5, 2.75, 3.25, 3.5],
    ...[3.0, 3.25, 3.75, 4.0],
  ]);
});

test('resample: align_corners=True', () => {
  equalTo4(
    kernels.resample(small, { height: 4, width: 4 }, alignCorners(small, { height: 4, width: 4 })).data,
    [
      ...[1.0, 1.3333, 1.6667, 2.0],
      ...[1.6667, 2.0, 2.3333, 2.6667],
      ...[2.3333, 2.6667, 3.0, 3.3333],
      ...[3.0, 3.3333, 3.6667, 4.0],
    ],
  );
  assert.equal(
    [...kernels.resample(small, { height: 1, width: 1 }, alignCorners(small, { height: 1, width: 1 })).data],
    [1],
  );
});

test('resample leaves a plane of the same size as it is, and a constant constant', () => {
  const random = uniform(2);
  const data = Float32Array.from({ length: 35 }, () => random() - 0.5);
  const map = { data, height: 5, width: 7 };
  assert.equal(kernels.resample(map, { height: 5, width: 7 }), map);
  const flat = { data: new Float32Array(35).fill(0.1), height: 5, width: 7 };
  for (const grid of [undefined, alignCorners(flat, { height: 31, width: 33 })]) {
    assert.ok(
      kernels
        .resample(flat, { height: 31, width: 33 }, grid)
        .data.every((value) => value === Math.fround(0.1)),
    );
  }
});

test('resample: a ramp stays a ramp between the outermost centers, and flat beyond them', () => {
  const ramp = plane([0, 1, 2, 3]);
  const { data } = kernels.resample(ramp, { height: 1, width: 40 });
  data.forEach((value, j) => near(value, Math.min(Math.max((j + 0.5) / 10 - 0.5, 0), 3), 1e-6));
});

test('resample: a grid carries a map back through a crop, with 0 where the model saw nothing', () => {
  // An image 8 wide, of which the model saw the middle 4 as a map 2 wide: 2 pixels for each element.
  const y = { scale: 1, offset: 0 };
  const x = { scale: 0.5, offset: -1 };
  const seen = plane([1, 3]);
  assert.equal(
    [...kernels.resample(seen, { height: 1, width: 8 }, { y, x }).data],
    [1, 1, 1, 1.5, 2.5, 3, 3, 3],
  );
  assert.equal(
    [...kernels.resample(seen, { height: 1, width: 8 }, { y, x, outside: 'zero' }).data],
    [0, 0, 1, 1.5, 2.5, 3, 0, 0],
  );
  const column = { data: seen.data, height: 2, width: 1 };
  assert.equal(
    [...kernels.resample(column, { height: 8, width: 1 }, { y: x, x: y, outside: 'zero' }).data],
    [0, 0, 1, 1.5, 2.5, 3, 0, 0],
  );
});

test('resample: a NaN reaches the outputs whose neighbors hold it', () => {
  const { data } = kernels.resample(plane([1, 1, 1, NaN, 1, 1]), { height: 1, width: 12 });
  const spoiled = [...data.keys()].filter((j) => Number.isNaN(data[j]));
  assert.equal(spoiled, [5, 6, 7, 8]);
});

// ---- Masked inputs ----

/** onnxruntime's own interpolation, as of torch.nn.functional.interpolate. */
async function interpolated(map: Plane, to: Extent, corners: boolean): Promise<Float32Array> {
  const e = new Emitter('v');
  const from = [1, 1, map.depth ?? 1, map.height, map.width];
  const x = e.input('x', 'float32', from);
  const none = e.constant('float32', [0], []);
  const sizes = e.ints([1, 1, to.depth ?? 1, to.height, to.width]);
  const mode = corners ? 'align_corners' : 'half_pixel';
  e.output(
    e.op('Resize', [x, none, none, sizes], { mode: 'linear', coordinate_transformation_mode: mode }),
    'y',
  );
  const session = await createSession(e.bytes());
  const { y } = await session.run({ x: floatTensor(from, map.data) }, ['y']);
  await session.release();
  return toFloat(y).data;
}

const draw = uniform(9);
const solid = (depth: number | undefined, height: number, width: number): Plane => ({
  ...(depth !== undefined && { depth }),
  height,
  width,
  data: Float32Array.from({ length: (depth ?? 1) * height * width }, draw),
});

for (const [from, to] of [
  [solid(3, 4, 5), { depth: 7, height: 9, width: 8 }],
  [solid(6, 5, 4), { depth: 2, height: 3, width: 9 }],
  [solid(1, 2, 3), { depth: 4, height: 2, width: 3 }],
  [solid(undefined, 1, 7), { height: 1, width: 30 }],
] as const) {
  test(`resample ${from.depth} × ${from.height} × ${from.width} as onnxruntime does`, async () => {
    const found = kernels.resample(from, to);
    equalTo4(found.data, [...(await interpolated(from, to, false))]);
    assert.equal({ ...found, data: 0 }, { ...to, data: 0 });
    equalTo4(kernels.resample(from, to, alignCorners(from, to)).data, [
      ...(await interpolated(from, to, true)),
    ]);
  });
}

test('resample: a map without slices is the same in every slice', () => {
  const { data } = kernels.resample(small, { depth: 3, height: 2, width: 2 });
  assert.equal(
    [...data],
    [1, 2, 3].flatMap(() => [...small.data]),
  );
});

test('maskInputs: masks of a volume are trilinear', () => {
  const masks = { ...solid(2, 2, 3), channels: 1 };
  const ones = { data: new Float32Array(4 * 4 * 5).fill(1), channels: 1, depth: 4, height: 4, width: 5 };
  const expected = kernels.minMax(kernels.resample(masks, { depth: 4, height: 4, width: 5 }));
  assert.equal(kernels.maskInputs(ones, masks, [0]), expected.data);
});

test('maskInputs: the listed channels, resized, min-maxed, laid over every input channel', () => {
  const input = volume([[1, 1, 1, 1]], [[8, 8, 8, 8]]);
  const masks = volume([[0, 4]], [[7, 7]], [[2, 1]]);
  assert.equal(
    [...kernels.maskInputs(input, masks, [2, 0, 1])],
    [
      ...[1, 0.75, 0.25, 0, 8, 6, 2, 0],
      ...[0, 0.25, 0.75, 1, 0, 2, 6, 8],
      ...[0, 0, 0, 0, 0, 0, 0, 0], // a constant channel hides everything
    ],
  );
  assert.equal(kernels.maskInputs(input, masks, []).length, 0);
});

test('maskInputs: order, corners and epsilon', () => {
  const input = volume([[1, 1, 1, 1]]);
  const masks = volume([[0, 8, 0]]);
  const mask = (options: Parameters<typeof kernels.maskInputs>[3]): number[] => [
    ...kernels.maskInputs(input, masks, Uint32Array.of(0), options),
  ];
  // Samples at -0.125, 0.625, 1.375 and 2.125: 0, 5, 5, 0 before the range is stretched.
  assert.equal(mask({}), [0, 1, 1, 0]);
  assert.equal(mask({ order: 'normalize-resize' }), [0, 0.625, 0.625, 0]);
  assert.equal(mask({ epsilon: 5 }), [0, 0.5, 0.5, 0]);
  equalTo4(mask({ order: 'normalize-resize', alignCorners: true }), [0, 2 / 3, 2 / 3, 0]);
});

// ---- Layout and color ----

test('transpose: [rows, columns] to [columns, rows]', () => {
  assert.equal([...kernels.transpose(Float32Array.of(1, 2, 3, 4, 5, 6), 2, 3)], [1, 4, 2, 5, 3, 6]);
});

const gray = Uint8Array.from({ length: 1024 }, (_, i) => (i % 4 === 3 ? 255 : i >> 2));

test('colorize: v takes the entry nearest to 255 v', () => {
  const index = (v: number): number => kernels.colorize(plane([v]), gray)[0];
  for (let i = 0; i < 256; i++) {
    assert.is(index(i / 255), i);
    if (i > 0) assert.equal([index((i - 0.51) / 255), index((i - 0.49) / 255)], [i - 1, i]);
  }
  assert.equal([-1, 2, -Infinity, Infinity, NaN].map(index), [0, 255, 0, 255, 0]);
});

test('overlay: (1 - alpha) image + alpha color to the nearest level, the image keeps its own alpha', () => {
  const random = uniform(3);
  const image = Uint8Array.from({ length: 4 * 256 }, () => random() * 256);
  const map = { data: Float32Array.from({ length: 256 }, random), height: 16, width: 16 };
  const colors = kernels.colorize(map, gray);
  for (const alpha of [0, 0.25, 0.4, 0.5, 1]) {
    kernels.overlay(image, map, gray, alpha).forEach((byte, i) => {
      if (i % 4 === 3) assert.is(byte, image[i]);
      // Half a level for the rounding, and 255 levels times half a step of alpha.
      else near(byte, (1 - alpha) * image[i] + alpha * colors[i], 0.5 + 255 / 32768);
    });
  }
});

// ---- Bad input, memory, instances ----

test('what does not fit together is refused, with the sizes in the message', () => {
  const short = { data: new Float32Array(5), channels: 2, height: 1, width: 3 };
  const W = volume([[1, 2, 3]]);
  const bad: [() => unknown, RegExp, ErrorCode?][] = [
    [() => kernels.spatialSum(short), /5 elements, but channels 2 × height 1 × width 3 is 6/],
    [() => kernels.weightedSum(A, Float32Array.of(1)), /weights holds 1 elements, but channels 2/],
    [() => kernels.productSum(A, W), /\[2, 1, 3\] and \[1, 1, 3\]/],
    [() => kernels.reluProductSum(A, W), /same shape/],
    [() => kernels.spatialDot(A, W), /same shape/],
    [() => kernels.minMax({ ...small, height: 3 }), /height 3 × width 2 is 6/],
    [() => kernels.resample(small, { height: 2.5, width: 2 }), /height is 2.5/],
    [() => kernels.resample(small, { height: -1, width: 2 }), /height is -1/],
    [
      () => kernels.resample({ data: new Float32Array(), height: 0, width: 4 }, { height: 2, width: 2 }),
      /0 × 4/,
    ],
    [() => kernels.maskInputs(A, W, [0, 1]), /Channel 1 does not exist: the masks have 1/],
    [() => kernels.transpose(new Float32Array(6), 4, 2), /rows 4 × columns 2/],
    [() => kernels.colorize(small, new Uint8Array(768)), /768 elements, but entries 256/],
    [() => kernels.overlay(new Uint8Array(4), small, gray, 0.5), /image holds 4/],
    [() => kernels.overlay(new Uint8Array(16), small, gray, 1.5), /alpha is 1.5/, 'BAD_OPTION'],
    [() => kernels.overlay(new Uint8Array(16), small, gray, NaN), /alpha is NaN/, 'BAD_OPTION'],
    [
      () =>
        kernels.resample(
          small,
          { height: 2, width: 2 },
          { y: { scale: NaN, offset: 0 }, x: { scale: 1, offset: 0 } },
        ),
      /finite/,
      'BAD_OPTION',
    ],
  ];
  for (const [call, message, code = 'BAD_TENSOR'] of bad) {
    assert.throws(call, (error: CamError) => error.code === code && message.test(error.message));
  }
});

test('arguments are left as they were, and results do not share the kernels’ memory', () => {
  const data = Float32Array.of(-1, 2, -3);
  const first = kernels.relu(data);
  kernels.relu(Float32Array.of(7, 7, 7));
  assert.equal(
    [[...data], [...first]],
    [
      [-1, 2, -3],
      [0, 2, 0],
    ],
  );
});

test('memory grows to the largest call and no further', async () => {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const own = bind(await instantiate(memory), memory);
  const large = { data: new Float32Array(64 * 56 * 56).fill(1), channels: 64, height: 56, width: 56 };
  const pages = new Set<number>();
  for (let i = 0; i < 20; i++) {
    assert.is(own.spatialSum(large)[63], 56 * 56);
    own.maskInputs({ ...large, data: large.data.subarray(0, 3 * 56 * 56), channels: 3 }, large, [0, 1, 2]);
    pages.add(memory.buffer.byteLength / 65536);
  }
  assert.is(pages.size, 1);
  assert.ok([...pages][0] <= 16, `${[...pages][0]} pages for a call of 13`);
});

test('the kernels can be given as bytes or as a compiled module', async () => {
  const wasm = await compile('release');
  for (const source of [wasm, await WebAssembly.compile(wasm)]) {
    assert.equal([...(await loadKernels(source)).relu(Float32Array.of(-1, 1))], [0, 1]);
  }
});

test('what is no WebAssembly module is refused', async () => {
  const error = await loadKernels(Uint8Array.of(1, 2, 3)).catch((reason: unknown) => reason);
  assert.instance(error, CamError);
  assert.is((error as CamError).code, 'RUNTIME');
});

test.run();

function near(value: number, expected: number, tolerance: number): void {
  assert.ok(Math.abs(value - expected) <= tolerance, `${value} is not within ${tolerance} of ${expected}`);
}

function equalTo4(values: Iterable<number>, expected: number[]): void {
  assert.equal(
    [...values].map((value) => value.toFixed(4)),
    expected.map((value) => value.toFixed(4)),
  );
}

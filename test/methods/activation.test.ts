import { suite } from 'uvu';
import { loadKernels } from '../../src/kernels/index.ts';
import { firstComponent } from '../../src/methods/component.ts';
import { random } from '../../src/methods/random.ts';
import * as assert from '../helpers/assert.ts';
import { relativeError } from '../helpers/fixtures.ts';
import { explain, linear, means, network, noise, positive, tensor, weighted } from './networks.ts';

const test = suite('maps without a gradient, against scalar implementations');

const k = await loadKernels();

const near = (found: ArrayLike<number>, expected: ArrayLike<number>, tolerance = 1e-4) => {
  const error = relativeError(found, expected);
  assert.ok(error <= tolerance, `off by ${error}`);
};

type Matrix = readonly (readonly number[])[];

const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, v, i) => sum + v * b[i], 0);

/** Eigenvector of the eigenvalue of largest magnitude, by power iteration in float64. */
function dominant(matrix: Matrix): { vector: number[]; value: number } {
  let vector = matrix.map((_, i) => 1 + Math.sin(i));
  let value = 0;
  for (let i = 0; i < 20000; i++) {
    const next = matrix.map((row) => dot(row, vector));
    value = Math.hypot(...next);
    vector = next.map((v) => v / value);
  }
  return { vector, value };
}

/** Rows are positions, columns channels. */
const rowsOf = (data: Float32Array, channels: number): Matrix => {
  const positions = data.length / channels;
  return Array.from({ length: positions }, (_, p) =>
    Array.from({ length: channels }, (_, c) => data[c * positions + p]),
  );
};

const centered = (rows: Matrix): Matrix => {
  const mean = rows[0].map((_, c) => rows.reduce((sum, row) => sum + row[c], 0) / rows.length);
  return rows.map((row) => row.map((v, c) => v - mean[c]));
};

/** The positions along the first right singular vector, with the sign that correlates with the rows' means. */
function projection(rows: Matrix, original: Matrix = rows): number[] {
  const { vector } = dominant(
    rows[0].map((_, i) => rows[0].map((_, j) => rows.reduce((s, r) => s + r[i] * r[j], 0))),
  );
  return orient(
    rows.map((row) => dot(row, vector)),
    original,
  );
}

function orient(map: number[], original: Matrix): number[] {
  const sums = original.map((row) => row.reduce((a, b) => a + b, 0));
  const mean = sums.reduce((a, b) => a + b, 0) / sums.length;
  return dot(
    map,
    sums.map((s) => s - mean),
  ) < 0
    ? map.map((v) => -v)
    : map;
}

for (const [channels, height, width] of [
  [3, 5, 6],
  [40, 4, 5],
]) {
  const shape = [channels, height, width];
  const data = positive(channels * height * width, 3);
  const weights = channels === 3 ? [1, 2, 3] : [...data.slice(0, 40)];
  const head = linear(
    shape,
    weights.map((v) => [v]),
  );
  const rows = rowsOf(data, channels);

  test(`Eigen-CAM of ${shape.join(' x ')} is the first principal component, not centered`, async () => {
    near((await explain(head, tensor(shape, data), { method: 'eigencam' })).raw[0].data, projection(rows));
    const options = { method: 'eigencam', compat: 'pytorch-grad-cam' } as const;
    near((await explain(head, tensor(shape, data), options)).raw[0].data, projection(centered(rows), rows));
  });

  test(`Eigen-Grad-CAM of ${shape.join(' x ')} weighs channels first`, async () => {
    const { raw } = await explain(head, tensor(shape, data), { method: 'eigengradcam' });
    const { raw: one } = await explain(head, tensor(shape, data), { method: 'gradcam' });
    const weightedRows = rows.map((row) => row.map((v, c) => (v * weights[c]) / (height * width)));
    near(raw[0].data, projection(weightedRows));
    assert.ok(relativeError(raw[0].data, one[0].data) > 0.01);
  });

  test(`KPCA-CAM of ${shape.join(' x ')} is the first component of tanh(x·x' / C + 1)`, async () => {
    const { raw } = await explain(head, tensor(shape, data), { method: 'kpcacam' });
    const flat = centered(rows);
    const kernel = flat.map((a) => flat.map((b) => Math.tanh(dot(a, b) / channels + 1)));
    const doubly = centered(
      kernel.map((row) => row.map((v) => v - row.reduce((x, y) => x + y, 0) / row.length)),
    );
    const { vector, value } = dominant(doubly);
    near(
      raw[0].data,
      orient(
        vector.map((v) => v * Math.sqrt(value)),
        rows,
      ),
      1e-3,
    );
  });
}

test('a component alone is found whatever its sign, and zeros have none', () => {
  const profile = [1, -2, 3, 0.5];
  const A = {
    data: Float32Array.from([2, -1].flatMap((c) => profile.map((v) => c * v))),
    channels: 2,
    height: 2,
    width: 2,
  };
  near(
    firstComponent(A, k, { centered: false }).data,
    profile.map((v) => v * Math.hypot(2, 1)),
  );
  const zeros = { data: new Float32Array(8), channels: 2, height: 2, width: 2 };
  assert.equal([...firstComponent(zeros, k, { centered: true }).data], [0, 0, 0, 0]);
});

test('Seg-Eigen-CAM takes |g| A and turns to the side that reaches further', async () => {
  const shape = [3, 4, 4];
  const head = linear(shape, [[1], [-2], [0.5]]);
  const turned: boolean[] = [];
  for (const data of [
    positive(48, 5),
    positive(48, 5).map((v) => 1 - v),
    positive(48, 8).map((v) => v ** 6),
  ]) {
    const { raw } = await explain(head, tensor(shape, data), { method: 'segeigencam' });
    const rows = rowsOf(data, 3).map((row) => row.map((v, c) => (v * [1, 2, 0.5][c]) / 16));
    const map = projection(centered(rows));
    turned.push(-Math.min(...map) > Math.max(...map));
    near(raw[0].data, turned.at(-1) ? map.map((v) => -v) : map);
  }
  assert.ok(turned.includes(true) && turned.includes(false));
});

test('Seg-Eigen-CAM takes the magnitude of a gradient that changes its sign over space', async () => {
  const shape = [2, 3, 4];
  const gains = noise(24, 9);
  const signed = network(shape, (e, value) => {
    const layer = e.op('Identity', [value]);
    return {
      layers: [layer],
      y: e.op('MatMul', [e.op('Flatten', [layer]), e.constant('float32', [24, 1], gains)]),
    };
  });
  const data = positive(24, 10);
  const { raw } = await explain(signed, tensor(shape, data), { method: 'segeigencam' });
  const rows = rowsOf(
    data.map((v, at) => v * Math.abs(gains[at])),
    2,
  );
  const map = projection(centered(rows));
  near(raw[0].data, -Math.min(...map) > Math.max(...map) ? map.map((v) => -v) : map);
});

test('FEM weighs a channel by the share of positions two deviations above its mean', async () => {
  const shape = [3, 30, 30];
  const data = noise(2700, 6).map((v) => Math.max(v, 0));
  const { raw } = await explain(linear(shape, [[1], [1], [1]]), tensor(shape, data), { method: 'fem' });
  const weights = means(data, 3).map((mean, c) => {
    const plane = [...data.subarray(c * 900, (c + 1) * 900)];
    const deviation = Math.sqrt(plane.reduce((sum, v) => sum + (v - mean) ** 2, 0) / 900);
    return plane.filter((v) => v > mean + 2 * deviation).length / 900;
  });
  assert.ok(weights.some((weight) => weight > 0));
  near(raw[0].data, weighted(data, weights));
});

test('Random CAM draws a weight for each channel, uniform in [-1, 1)', async () => {
  const shape = [3, 4, 4];
  const data = positive(48, 7);
  const head = linear(shape, [[1], [1], [1]]);
  const { raw } = await explain(head, tensor(shape, data), { method: 'randomcam', seed: 6 });
  const { uniform } = random(6, 'randomcam');
  const weights = [0, 1, 2].map(() => 2 * uniform() - 1);
  near(raw[0].data, weighted(data, weights));
});

test('Random CAM is the same for the same seed, and another for another', async () => {
  const shape = [3, 4, 4];
  const data = positive(48, 7);
  const draw = async (seed?: number) =>
    (await explain(linear(shape, [[1], [1], [1]]), tensor(shape, data), { method: 'randomcam', seed })).raw[0]
      .data;
  const [one, again, other] = [await draw(), await draw(0), await draw(1)];
  assert.equal(one, again);
  assert.not.equal(one, other);
});

test('deep feature factorization finds concepts that do not overlap', async () => {
  const shape = [4, 4, 6];
  const places = Array.from({ length: 24 }, (_, p) => Number(p % 6 >= 3)); // left and right half
  const recipe = [
    [3, 0],
    [2, 0],
    [0, 1],
    [0, 4],
  ];
  // What a channel has everywhere is no concept.
  const data = Float32Array.from(recipe.flatMap((mix, c) => places.map((half) => mix[half] + 2 * c)));
  const { raw, shows, heatmap } = await explain(linear(shape, [[1], [1], [1], [1]]), tensor(shape, data), {
    method: 'dff',
    concepts: 2,
  });
  assert.is(shows, 'concepts');
  assert.equal([raw[0].channels, raw[0].height, raw[0].width], [2, 4, 6]);
  assert.equal([heatmap.height, heatmap.width], [4, 6]);
  const halves = [0, 1].map((c) => {
    const map = raw[0].data.subarray(c * 24, (c + 1) * 24);
    return [0, 1].map((half) => Math.max(...[...map].filter((_, p) => places[p] === half)));
  });
  const [left, right] = halves.sort((a, b) => b[0] - a[0]);
  near(left, [Math.hypot(3, 2), 0], 1e-2);
  near(right, [0, Math.hypot(1, 4)], 1e-2);
  const usual = await explain(linear(shape, [[1], [1], [1], [1]]), tensor(shape, data), { method: 'dff' });
  assert.is(usual.raw[0].channels, 5);
});

test.run();

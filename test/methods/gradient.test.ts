import { suite } from 'uvu';
import type { MethodId } from '../../src/index.ts';
import { random } from '../../src/methods/random.ts';
import * as assert from '../helpers/assert.ts';
import { relativeError } from '../helpers/fixtures.ts';
import { explain, linear, means, network, noise, pooledClassifier, tensor, weighted } from './networks.ts';

// On y = Wᵀ · mean(A) every gradient is known: g_k(i,j) = W_k / (H·W), the same everywhere.
const test = suite('gradient-weighted maps, where the gradient is known');

const shape = [4, 3, 5];
const [channels, positions] = [4, 15];
const W = [
  [0.5, -1],
  [-2, 0.25],
  [1.5, 1],
  [0.75, -0.5],
];
const w = W.map(([first]) => first);
const x = noise(channels * positions, 1);
const A = x.map((value) => Math.max(value, 0));
const head = linear(shape, W);
const input = tensor(shape, x);
const g = w.map((value) => value / positions);
const S = means(A, channels).map((mean) => mean * positions);

const near = (found: ArrayLike<number>, expected: ArrayLike<number>, tolerance = 1e-5) => {
  const error = relativeError(found, expected);
  assert.ok(error <= tolerance, `off by ${error}`);
};

const cam = weighted(A, w);

test('CAM is Σ w A; Grad-CAM, HiResCAM and XGrad-CAM are CAM / (H·W)', async () => {
  near((await explain(head, input, { method: 'cam' })).raw[0].data, cam);
  for (const method of ['gradcam', 'hirescam', 'xgradcam']) {
    const { raw } = await explain(head, input, { method });
    near(
      raw[0].data,
      cam.map((value) => value / positions),
    );
  }
});

test('element by element, only products that are positive are added', async () => {
  const { raw } = await explain(head, input, { method: 'gradcamelementwise' });
  near(
    raw[0].data,
    weighted(
      A,
      g.map((value) => Math.max(value, 0)),
    ),
  );
});

test('XGrad-CAM gives a dead channel no weight', async () => {
  const dead = x.map((value, at) => (at < positions ? -1 : value));
  const { raw } = await explain(head, tensor(shape, dead), { method: 'xgradcam' });
  const alive = dead.map((value) => Math.max(value, 0));
  near(
    raw[0].data,
    weighted(alive, w).map((value) => value / positions),
  );
});

test('Grad-CAM++ weighs by Σ max(g, 0) / (2 + S g); torch-cam loses the denominator', async () => {
  const alpha = g.map((value, k) => (value > 0 ? (positions * value) / (2 + S[k] * value) : 0));
  near((await explain(head, input, { method: 'gradcampp' })).raw[0].data, weighted(A, alpha));
  const lost = g.map((value) => (value > 0 ? positions * value ** 3 : 0));
  const { raw } = await explain(head, input, { method: 'gradcampp', compat: 'torch-cam' });
  near(raw[0].data, weighted(A, lost));
});

test('pytorch-grad-cam adds 1e-6 to the denominator of Grad-CAM++', async () => {
  const small = g.map((value) => value / 100);
  const head = linear(
    shape,
    W.map((row) => row.map((value) => value / 100)),
  );
  const alpha = small.map((value, k) =>
    value > 0 ? (positions * value ** 3) / (2 * value ** 2 + S[k] * value ** 3 + 1e-6) : 0,
  );
  const { raw } = await explain(head, input, { method: 'gradcampp', compat: 'pytorch-grad-cam' });
  near(raw[0].data, weighted(A, alpha));
});

test('other libraries add an epsilon to the sums of XGrad-CAM, which shows on sums as small', async () => {
  for (const [compat, epsilon] of [
    ['pytorch-grad-cam', 1e-7],
    ['torch-cam', 1e-8],
  ] as const) {
    const small = x.map((value) => value * epsilon);
    const { raw } = await explain(head, tensor(shape, small), { method: 'xgradcam', compat });
    const weights = g.map((value, k) => (value * S[k] * epsilon) / (S[k] * epsilon + epsilon));
    near(
      raw[0].data,
      weighted(A, weights).map((value) => value * epsilon),
    );
  }
});

test('LayerCAM takes positive gradients only', async () => {
  const { raw } = await explain(head, input, { method: 'layercam' });
  near(
    raw[0].data,
    weighted(
      A,
      g.map((value) => Math.max(value, 0)),
    ),
  );
});

test('noise changes no gradient of a linear head: Smooth Grad-CAM++ is Grad-CAM++', async () => {
  const smooth = await explain(head, input, { method: 'smoothgradcampp', samples: 3 });
  const plain = await explain(head, input, { method: 'gradcampp' });
  near(smooth.raw[0].data, plain.raw[0].data);
});

/** y = Σ w mean(A²): the gradient 2 w A / (H·W) changes with the input. */
const squared = network(shape, (e, value) => {
  const layer = e.op('Relu', [value]);
  return { layers: [layer], y: pooledClassifier(e, e.mul(layer, layer), W) };
});

/** Gradients of `squared` for noisy inputs, as their seed draws them. */
function noisySlopes(samples: number, deviation: number): number[][] {
  const { normal } = random(4, 'smoothgradcampp');
  return Array.from({ length: samples }, () =>
    Array.from(x, (value, at) => {
      const noisy = Math.max(value + deviation * normal(), 0);
      return (2 * w[Math.floor(at / positions)] * noisy) / positions;
    }),
  );
}

/** Mean of the gradients' powers. */
const moment = (slopes: readonly number[][], power: number): number[] =>
  slopes[0].map((_, at) => slopes.reduce((sum, slope) => sum + slope[at] ** power, 0) / slopes.length);

/** Σ over the positions of each channel. */
const overSpace = (term: (at: number, channel: number) => number): number[] =>
  w.map((_, k) =>
    Array.from({ length: positions }, (__, p) => term(k * positions + p, k)).reduce((a, b) => a + b),
  );

test('Smooth Grad-CAM++: α = D2 / (2 D2 + S D3) over gradients under noise of 15 % of the range', async () => {
  const slopes = noisySlopes(3, 0.15 * (Math.max(...x) - Math.min(...x)));
  const [D1, D2, D3] = [1, 2, 3].map((power) => moment(slopes, power));
  const weights = overSpace((at, k) => {
    const below = 2 * D2[at] + S[k] * D3[at];
    return below === 0 ? 0 : (D2[at] / below) * Math.max(D1[at], 0);
  });
  const { raw } = await explain(squared, input, { method: 'smoothgradcampp', samples: 3, seed: 4 });
  near(raw[0].data, weighted(A, weights), 1e-4);
});

test('Smooth Grad-CAM++ of torch-cam: α = D2 / (2 D2 + Σ D3 A + 1e-8), noise of 0.3, the last gradient', async () => {
  const slopes = noisySlopes(3, 0.3);
  const [D2, D3] = [2, 3].map((power) => moment(slopes, power));
  const cubes = overSpace((at) => D3[at] * A[at]);
  const weights = overSpace(
    (at, k) => (D2[at] / (2 * D2[at] + cubes[k] + 1e-8)) * Math.max(slopes.at(-1)![at], 0),
  );
  const options = { method: 'smoothgradcampp', samples: 3, seed: 4, compat: 'torch-cam' } as const;
  near((await explain(squared, input, options)).raw[0].data, weighted(A, weights), 1e-4);
});

test('its 1e-8 shows where gradients are as small', async () => {
  const tiny = linear(
    shape,
    W.map((row) => row.map((value) => value / 1000)),
  );
  const alpha = g.map((value, k) => {
    const small = value / 1000;
    return value > 0 ? positions * (small ** 2 / (2 * small ** 2 + small ** 3 * S[k] + 1e-8)) * small : 0;
  });
  const options = { method: 'smoothgradcampp', samples: 2, compat: 'torch-cam' } as const;
  near((await explain(tiny, input, options)).raw[0].data, weighted(A, alpha));
});

test('ShapleyCAM adds −½ H·A: on y = Σ w mean(A²) it halves the gradient', async () => {
  const { raw } = await explain(squared, input, { method: 'shapleycam' });
  const weights = means(A, channels).map((mean, k) => (w[k] * mean) / positions);
  near(raw[0].data, weighted(A, weights), 1e-4);
});

test('ShapleyCAM sees no curvature in a kink, however near it is', async () => {
  const nearby = A.map((value) => value * (1 - 2e-4));
  const kinked = network(shape, (e, value) => {
    const layer = e.op('Relu', [value]);
    const threshold = e.constant('float32', [1, ...shape], nearby);
    return { layers: [layer], y: pooledClassifier(e, e.op('Relu', [e.sub(layer, threshold)]), W) };
  });
  const shapley = await explain(kinked, input, { method: 'shapleycam' });
  const plain = await explain(kinked, input, { method: 'gradcam' });
  near(shapley.raw[0].data, plain.raw[0].data, 1e-4);
});

test('weights that divide by almost nothing are warned of', async () => {
  // Without a ReLU, activations have both signs. g = 1 everywhere.
  const signed = linear([1, 1, 4], [[4]], (e, value) => e.op('Identity', [value]));
  const warned = async (method: MethodId, values: readonly number[]) =>
    (await explain(signed, tensor([1, 1, 4], Float32Array.from(values)), { method })).warnings.join();
  // Grad-CAM++ divides by 2 + S g.
  assert.match(await warned('gradcampp', [-3, 0.5, 0.25, 0.2505]), /almost zero/);
  assert.not.match(await warned('gradcampp', [-3, 0.5, 0.25, 0.255]), /almost zero/);
  // XGrad-CAM divides by S, here 5e-4 and 5e-3 of the sum of magnitudes.
  assert.match(await warned('xgradcam', [1, -1, 1, -0.998]), /near zero/);
  assert.not.match(await warned('xgradcam', [1, -1, 1, -0.98]), /near zero/);
});

test('Finer-CAM explains y_c − 0.6 mean y_d over the three classes nearest to c', async () => {
  const five = [
    [1, 0.9, 1.2, -5, 0.8],
    [0.5, 0.6, 0.1, 7, 0.5],
    [0.2, -0.4, 0.3, 9, 0.1],
    [0.3, 0.3, 0.4, 2, 0.1],
  ];
  const { raw } = await explain(linear(shape, five), input, { method: 'finercam' });
  const contrast = five.map(([c, a, b, , d]) => (c - (0.6 * (a + b + d)) / 3) / positions);
  near(raw[0].data, weighted(A, contrast));
  const positiveOnly = await explain(linear(shape, five), input, { method: 'finercam', base: 'layercam' });
  near(
    positiveOnly.raw[0].data,
    weighted(
      A,
      contrast.map((value) => Math.max(value, 0)),
    ),
  );
});

test('pytorch-grad-cam weighs the rivals of Finer-CAM by their probability, and adds 1e-9 to the sum', async () => {
  // Logits of which the first stands out: the probabilities of the others are near 1e-9.
  for (const ahead of [0, 20]) {
    const bias = [ahead, 0.3, 0, -2, 0.6];
    const weights = [
      [1, 0.9, 1.2, -5, 0.8],
      [0.5, 0.6, 0.1, 7, 0.5],
      [0.2, -0.4, 0.3, 9, 0.1],
      [0.3, 0.3, 0.4, 2, 0.1],
    ];
    const five = network(shape, (e, value) => {
      const layer = e.op('Relu', [value]);
      return {
        layers: [layer],
        y: e.add(pooledClassifier(e, layer, weights), e.constant('float32', [1, 5], bias)),
      };
    });
    const y = bias.map((b, j) => b + weights.reduce((sum, row, k) => sum + (row[j] * S[k]) / positions, 0));
    const rivals = [1, 2, 3, 4].sort((a, b) => Math.abs(y[a] - y[0]) - Math.abs(y[b] - y[0])).slice(0, 3);
    const contrast = (logits: readonly number[]) => {
      const powers = logits.map((value) => Math.exp(value - Math.max(...logits)));
      const p = powers.map((power) => power / powers.reduce((a, b) => a + b));
      const sum = rivals.reduce((total, d) => total + p[d], 0);
      return rivals.reduce((total, d) => total + p[d] * (logits[0] - logits[d]), 0) / (sum + 1e-9);
    };
    const slope = y.map((_, j) => {
      const moved = (step: number) => contrast(y.map((value, i) => value + (i === j ? step : 0)));
      return (moved(1e-4) - moved(-1e-4)) / 2e-4;
    });
    const { raw } = await explain(five, input, { method: 'finercam', compat: 'pytorch-grad-cam' });
    const channel = weights.map((row) => row.reduce((sum, v, j) => sum + (v * slope[j]) / positions, 0));
    near(raw[0].data, weighted(A, channel), 1e-4);
  }
});

test('RefineCAM multiplies the heatmaps of its layers', async () => {
  const two = network(shape, (e, value) => {
    const first = e.op('Relu', [value]);
    const second = e.op('Softplus', [first]);
    return { layers: [first, second], y: pooledClassifier(e, second, W) };
  });
  const both = await explain(two, input, { method: 'refinecam' });
  const [first, second] = await Promise.all(
    two.layers.map((layer) => explain(two, input, { method: 'gradcampp', layer })),
  );
  const product = first.heatmap.data.map((value, at) => value * second.heatmap.data[at]);
  const [low, high] = [Math.min(...product), Math.max(...product)];
  near(
    both.heatmap.data,
    product.map((value) => (value - low) / (high - low)),
  );
});

test('RefineCAM takes the last layer of each resolution by itself', async () => {
  const pyramid = network([2, 8, 8], (e, value) => {
    const fine = e.op('Relu', [value]);
    const coarse = e.op('Relu', [e.op('MaxPool', [fine], { kernel_shape: [2, 2], strides: [2, 2] })]);
    return { layers: [fine, coarse], y: pooledClassifier(e, coarse, [[1], [2]]) };
  });
  const { layers } = await explain(pyramid, tensor([2, 8, 8], noise(128, 2)), {
    method: 'refinecam',
    layer: undefined,
  });
  assert.equal(layers, pyramid.layers);
});

test.run();

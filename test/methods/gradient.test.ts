import { suite } from 'uvu';
import * as assert from 'uvu/assert';
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

test('Smooth Grad-CAM++ of torch-cam: α = D2 / (2 D2 + Σ D3 A + 1e-8)', async () => {
  const options = { method: 'smoothgradcampp', samples: 2, compat: 'torch-cam' } as const;
  const alpha = g.map((value, k) =>
    value > 0 ? positions * (value ** 2 / (2 * value ** 2 + value ** 3 * S[k] + 1e-8)) * value : 0,
  );
  near((await explain(head, input, options)).raw[0].data, weighted(A, alpha));
});

test('ShapleyCAM adds −½ H·A: on y = Σ w mean(A²) it halves the gradient', async () => {
  const squared = network(shape, (e, value) => {
    const layer = e.op('Relu', [value]);
    return { layers: [layer], y: pooledClassifier(e, e.mul(layer, layer), W) };
  });
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

import { readFileSync } from 'node:fs';
import { suite } from 'uvu';
import { Explainer, type ExplainOptions, onScale, overlay } from '../../src/index.ts';
import { loadKernels } from '../../src/kernels/index.ts';
import { firstComponent } from '../../src/methods/component.ts';
import * as assert from '../helpers/assert.ts';
import { relativeError } from '../helpers/fixtures.ts';
import { explain, linear, network, pooledClassifier, positive, tensor } from './networks.ts';

const test = suite('options that change any method');

const k = await loadKernels();
const golfBall = readFileSync(new URL('../../examples/golf-ball.jpg', import.meta.url));
const shape = [3, 4, 6];
const x = positive(72, 51);
const input = tensor(shape, x);
const head = linear(shape, [[1], [-2], [0.5]]);
const bent = network(shape, (e, value) => {
  const layer = e.op('Relu', [value]);
  return { layers: [layer], y: pooledClassifier(e, e.mul(layer, layer), [[1], [-2], [0.5]]) };
});
const near = (found: ArrayLike<number>, expected: ArrayLike<number>, tolerance = 1e-4) => {
  const error = relativeError(found, expected);
  assert.ok(error <= tolerance, `off by ${error}`);
};

/** Two layers, the second of half the resolution. */
const two = network(shape, (e, value) => {
  const first = e.op('Relu', [value]);
  const second = e.op('Softplus', [e.op('MaxPool', [first], { kernel_shape: [2, 2], strides: [2, 2] })]);
  return { layers: [first, second], y: pooledClassifier(e, second, [[1], [-0.2], [0.5]]) };
});

type Values = ArrayLike<number>;

/** Minus the minimum, divided by the range plus epsilon. */
const unit = (values: Values, epsilon = 0): number[] => {
  const list = Array.from(values);
  const [low, high] = [Math.min(...list), Math.max(...list)];
  return list.map((v) => (v - low) / (high - low + epsilon));
};

/** The positive part of a layer's map, and how it comes to the size of the input. */
async function positivePart(layer: string) {
  const [{ data, height, width }] = (await explain(two, input, { layer })).raw;
  const upsampled = (values: Values) =>
    k.resample({ data: Float32Array.from(values), height, width }, { height: 4, width: 6 }).data;
  return { map: Array.from(data, (v) => Math.max(v, 0)), upsampled };
}

const each = (a: Values, b: Values, f: (a: number, b: number) => number) =>
  Array.from(a, (v, at) => f(v, b[at]));

test('several layers are fused as asked: mean, max, product, tanh as in LayerCAM', async () => {
  const parts = await Promise.all(two.layers.map(positivePart));
  const [a, b] = parts.map(({ map, upsampled }) => unit(upsampled(map)));
  const fused = async (fuse: ExplainOptions['fuse']) => (await explain(two, input, { fuse })).heatmap.data;
  near(await fused('mean'), unit(each(a, b, (v, w) => (v + w) / 2)));
  near(await fused('max'), unit(each(a, b, Math.max)));
  near(await fused('product'), unit(each(a, b, (v, w) => v * w)));
  near(await fused(undefined), await fused('mean'), 0);
  // Equation 9: tanh(2 M / max M) of each layer's map, at its own resolution.
  const [c, d] = parts.map(({ map, upsampled }) =>
    upsampled(map.map((v) => Math.tanh((2 * v) / Math.max(...map)))),
  );
  near(await fused('layercam'), unit(each(c, d, Math.max)));
});

test('other libraries scale each map at its own resolution before they fuse them', async () => {
  const parts = await Promise.all(two.layers.map(positivePart));
  const fused = async (fuse: ExplainOptions['fuse'], compat: ExplainOptions['compat']) =>
    (await explain(two, input, { fuse, compat })).heatmap.data;
  // torch-cam: the maximum, without another normalization but for products
  const [a, b] = parts.map(({ map, upsampled }) => upsampled(unit(map, 1e-8)));
  near(await fused('max', 'torch-cam'), each(a, b, Math.max));
  near(await fused('mean', 'torch-cam'), each(a, b, Math.max));
  near(await fused('product', 'torch-cam'), unit(each(a, b, (v, w) => v * w)));
  const [c, d] = parts.map(({ map, upsampled }) => upsampled(unit(map).map((v) => Math.tanh(2 * v))));
  near(await fused('layercam', 'torch-cam'), each(c, d, Math.max));
  // pytorch-grad-cam: the mean, scaled again
  near(await fused('mean', 'pytorch-grad-cam'), unit(each(a, b, (v, w) => (v + w) / 2)));
  near(await fused('layercam', 'pytorch-grad-cam'), unit(each(a, b, (v, w) => (v + w) / 2)));
});

test('signed maps of several layers are fused as shares of their largest magnitude', async () => {
  const maps = await Promise.all(
    two.layers.map(async (layer) => {
      const [{ data, height, width }] = (await explain(two, input, { layer })).raw;
      const { data: large } = k.resample({ data, height, width }, { height: 4, width: 6 });
      const most = Math.max(...large.map(Math.abs));
      return large.map((v) => v / most);
    }),
  );
  const around = (values: readonly number[]) =>
    values.map((v) => 0.5 + v / (2 * Math.max(...values.map(Math.abs))));
  const fused = async (fuse: ExplainOptions['fuse']) =>
    (await explain(two, input, { fuse, signed: true })).heatmap.data;
  near(await fused('mean'), around(each(maps[0], maps[1], (v, w) => (v + w) / 2)));
  near(await fused('max'), around(each(maps[0], maps[1], (v, w) => (Math.abs(w) > Math.abs(v) ? w : v))));
  near(await fused('product'), around(each(maps[0], maps[1], (v, w) => v * w)));
});

test('the epsilons of their scaling show on maps as small', async () => {
  const x = positive(72, 52);
  for (const [compat, epsilon] of [
    ['pytorch-grad-cam', 1e-7],
    ['torch-cam', 1e-8],
  ] as const) {
    // Grad-CAM of this network is Σ w A / 24, and that of a second layer, 1000 times as large, too.
    const small = network(shape, (e, value) => {
      const first = e.op('Relu', [value]);
      const second = e.mul(first, 1000);
      return { layers: [first, second], y: pooledClassifier(e, second, [[1], [2], [0.5]]) };
    });
    const data = x.map((v) => v * epsilon * 1e-2);
    const { raw, heatmap } = await explain(small, tensor(shape, data), { compat, layer: small.layers[0] });
    const other = (await explain(small, tensor(shape, data), { compat, layer: small.layers[1] })).raw[0].data;
    const map = raw[0].data;
    if (compat === 'torch-cam') near(heatmap.data, unit(map, epsilon));
    const both = (await explain(small, tensor(shape, data), { compat, layer: small.layers, fuse: 'product' }))
      .heatmap;
    const product = each(unit(map, epsilon), unit(other, epsilon), (v, w) => v * w);
    near(both.data, unit(product, epsilon));
  }
});

test('noise of no deviation changes nothing; noise is the same for the same seed', async () => {
  const plain = (await explain(bent, input, {})).raw[0].data;
  const of = async (sigma: number, seed?: number) =>
    (await explain(bent, input, { smoothNoise: { n: 3, sigma }, seed })).raw[0].data;
  near(await of(0), plain);
  const noisy = await of(0.2);
  assert.ok(relativeError(noisy, plain) > 0.01);
  assert.equal(await of(0.2), noisy);
  assert.not.equal(await of(0.2, 1), noisy);
});

test('mirrored and scaled copies: maps are mirrored back and averaged', async () => {
  const { raw } = await explain(bent, input, { smoothAug: true });
  const plain = (await explain(bent, input, {})).raw[0].data;
  // Grad-CAM of this network grows with the square of its input, and mirrors with it.
  near(
    raw[0].data,
    plain.map((v) => (v * (0.81 + 1 + 1.21)) / 3),
  );
  const compat = await explain(bent, input, { smoothAug: true, compat: 'pytorch-grad-cam' });
  const heatmap = (await explain(bent, input, { compat: 'pytorch-grad-cam' })).heatmap.data;
  near(compat.heatmap.data, heatmap, 1e-3);
});

test('eigen-smoothing takes the first component of the weighted activations', async () => {
  const { raw } = await explain(head, input, { eigenSmooth: true });
  const weights = [1, -2, 0.5].map((w) => w / 24);
  const volume = {
    data: x.map((v, at) => v * weights[Math.floor(at / 24)]),
    channels: 3,
    height: 4,
    width: 6,
  };
  near(raw[0].data, firstComponent(volume, k, { centered: true }).data);
});

test('a signed heatmap is 0.5 where the map is zero, and keeps both sides', async () => {
  const explanation = await explain(head, input, { signed: true });
  const { raw, heatmap, signed, range } = explanation;
  const reach = Math.max(...raw[0].data.map(Math.abs));
  near(
    heatmap.data,
    raw[0].data.map((v) => 0.5 + v / (2 * reach)),
  );
  assert.ok(signed);
  near(range, [-reach, reach]);
  assert.is((await overlay(explanation)).width, 6);
});

test('a counterfactual is the map of the negative score, whatever the method', async () => {
  for (const method of ['gradcam', 'layercam', 'cam', 'finercam', 'saliency', 'ablationcam']) {
    const options = { method, target: 0 };
    const three = linear(shape, [
      [1, 0.5, 0],
      [-2, 1, 0.3],
      [0.5, 0.2, 1],
    ]);
    const plain = await explain(three, input, options);
    const against = await explain(three, input, { ...options, counterfactual: true });
    assert.is(against.target.score, plain.target.score, method);
    if (method === 'layercam') {
      const turned = linear(shape, [[-1], [2], [-0.5]]);
      near(against.raw[0].data, (await explain(turned, input, { method })).raw[0].data);
    } else
      near(
        against.raw[0].data,
        plain.raw[0].data.map((v) => -v),
      );
  }
});

test('one scale for several heatmaps makes them compare', async () => {
  const weak = await explain(
    head,
    tensor(
      shape,
      x.map((v) => v / 2),
    ),
    {},
  );
  const strong = await explain(head, input, {});
  const shared = [
    Math.min(weak.range[0], strong.range[0]),
    Math.max(weak.range[1], strong.range[1]),
  ] as const;
  const [a, b] = [onScale(weak, shared).heatmap.data, onScale(strong, shared).heatmap.data];
  near(
    a.map((v) => 2 * v),
    b,
    1e-5,
  );
  near(b, strong.heatmap.data);
});

test('a base that makes no map of a layer is refused', async () => {
  for (const [method, base] of [
    ['guided-gradcam', 'saliency'],
    ['finercam', 'eigencam'],
    ['refinecam', 'refinecam'],
  ]) {
    try {
      await explain(head, input, { method, base });
      assert.unreachable(base);
    } catch (error) {
      assert.match((error as Error).message, /cannot build on/);
    }
  }
});

test('an empty map is a result, and says why it is empty', async () => {
  const against = await explain(linear(shape, [[-1], [-1], [-1]]), input, {});
  assert.match(against.warnings.join(), /only lowers the score/);
  assert.ok(against.heatmap.data.every((v) => v === 0));
  assert.ok(
    against.raw[0].data.every((v) => v < 0),
    'the raw map is there, sign and all',
  );
  const nothing = await explain(linear(shape, [[0], [0], [0]]), input, {});
  assert.match(nothing.warnings.join(), /zero everywhere/);
  const flat = await explain(linear(shape, [[0], [0], [0]]), input, { method: 'saliency' });
  assert.match(flat.warnings.join(), /nothing in this image affects the score/);
});

// ---- What a call costs ----

test('`all`: one forward and one backward under each rule serve every method that has none of its own', async () => {
  const explainer = await Explainer.load();
  const { explanations, failures, runs } = await explainer.explainAll(golfBall, { method: 'all' });
  assert.equal(failures, []);
  const methods = explanations.map(({ method }) => method);
  for (const method of [
    'cam',
    'gradcam',
    'hirescam',
    'layercam',
    'eigencam',
    'fullgrad',
    'dff',
    'guided-gradcam',
  ])
    assert.ok(
      methods.some((id) => id === method),
      method,
    );
  assert.equal({ ...runs }, { forward: 1, backward: 3, head: 0 }); // plain, guided, deconvnet
  await explainer.close();
});

test('methods that change the image alike for every class run once for all classes of a call', async () => {
  const explainer = await Explainer.load();
  const classes = [3, 7, 11];
  for (const method of ['scorecam', 'sscam', 'iscam', 'ablationcam', 'occlusion', 'rise'] as const) {
    const options = { method, channels: 4, samples: 6, batchSize: 4 };
    const alone: Awaited<ReturnType<typeof explainer.explainAll>>[] = [];
    for (const index of classes)
      alone.push(await explainer.explainAll(golfBall, { ...options, class: index }));
    let steps = 0;
    const together = await explainer.explainAll(golfBall, {
      ...options,
      class: classes,
      onProgress: ({ done, total }) => (steps += Number(done === total)),
    });
    assert.equal({ ...together.runs }, { ...alone[2].runs }, method);
    assert.is(steps, classes.length, `${method}: progress of each class ends`);
    together.explanations.forEach(({ raw }, i) =>
      assert.equal(raw[0].data, alone[i].explanations[0].raw[0].data, method),
    );
  }
  await explainer.close();
});

test('long methods report progress, and stop between runs when asked', async () => {
  const explainer = await Explainer.load();
  const cases: ExplainOptions[] = [
    { method: 'ablationcam', batchSize: 8 },
    { method: 'scorecam', batchSize: 4 },
    { method: 'smoothgrad', samples: 6 },
    { method: 'integrated-gradients', samples: 6 },
    { method: 'smoothgradcampp', samples: 6 },
    { method: 'rise', samples: 12, batchSize: 4 },
    { method: 'occlusion', batchSize: 4 },
    { method: 'gradcam', smoothNoise: { n: 6, sigma: 0.1 } },
    { method: 'class-visualization', target: 3, samples: 6 },
  ];
  for (const options of cases) {
    const stop = new AbortController();
    const seen: [done: number, total: number][] = [];
    const work = explainer.explain(options.method === 'class-visualization' ? undefined : golfBall, {
      ...options,
      signal: stop.signal,
      onProgress: ({ done, total }) => {
        seen.push([done, total]);
        if (seen.length === 2) stop.abort();
      },
    });
    const code = await work.then(
      () => 'finished',
      (error: { code: string }) => error.code,
    );
    assert.is(code, 'ABORTED', String(options.method));
    assert.is(seen.length, 2, String(options.method));
    assert.ok(seen[0][0] < seen[1][0] && seen[1][0] < seen[1][1], String(options.method));
  }
  await explainer.close();
});

test('options that make no sense are refused', async () => {
  const cases: [options: object, message: RegExp][] = [
    [{ smoothNoise: { n: 0, sigma: 0.1 } }, /`smoothNoise` is \{"n":0,/],
    [{ smoothNoise: { n: 2.5, sigma: 0.1 } }, /whole number/],
    [{ smoothNoise: { n: 2, sigma: -1 } }, /whole number/],
    [{ smoothNoise: { n: 2, sigma: NaN } }, /whole number/],
    [{ samples: 0 }, /`samples` is 0/],
    [{ channels: 1.5 }, /`channels` is 1.5/],
    [{ concepts: -1 }, /`concepts` is -1/],
    [{ fuse: 'sum' }, /`fuse` is "sum".*mean, max/],
    [{ baseline: 'pink' }, /`baseline` is "pink"/],
  ];
  for (const [options, message] of cases) {
    const refusal = await explain(head, input, options).then(
      () => 'nothing',
      (error: Error) => error.message,
    );
    assert.match(refusal, message);
  }
});

test.run();

import { suite } from 'uvu';
import { encodePng } from '../../src/image/png.ts';
import { Explainer, type ExplainOptions, type MethodId, overlay } from '../../src/index.ts';
import { loadKernels } from '../../src/kernels/index.ts';
import { random } from '../../src/methods/random.ts';
import { biasTerms } from '../../src/network/biases.ts';
import { Network } from '../../src/network/network.ts';
import { readModel } from '../../src/onnx/read.ts';
import { tensorValues } from '../../src/onnx/tensor.ts';
import { toFloat } from '../../src/runtime/tensor.ts';
import * as assert from '../helpers/assert.ts';
import { fixture, relativeError } from '../helpers/fixtures.ts';
import { picture } from '../image/pictures.ts';
import { blurredAxes } from './gaussian.ts';
import { explain, linear, network, noise, pooledClassifier, type Small, tensor } from './networks.ts';

// On y = ½ Σ w mean(x²) the gradient is w x / (H·W): it changes with the input, and its integral is known.
const test = suite('maps of the input, where the gradient is known');

const shape = [3, 4, 5];
const w = [2, -1, 0.5];
const size = 20;
const quadratic: Small = network(shape, (e, x) => {
  const squares = e.mul(x, e.mul(x, 0.5));
  return {
    layers: [squares],
    y: pooledClassifier(
      e,
      squares,
      w.map((v) => [v]),
    ),
  };
});
const x = noise(60, 21);
const input = tensor(shape, x);
const slope = x.map((value, at) => (w[Math.floor(at / size)] * value) / size);
const y = (data: Float32Array) =>
  data.reduce((sum, v, at) => sum + (w[Math.floor(at / size)] * v * v) / 2 / size, 0);
const of = async (options: ExplainOptions) => explain(quadratic, input, options);

const near = (found: ArrayLike<number>, expected: ArrayLike<number>, tolerance = 1e-4) => {
  const error = relativeError(found, expected);
  assert.ok(error <= tolerance, `off by ${error}`);
};

test('a saliency map is the largest absolute gradient over the colors', async () => {
  const { raw, heatmap } = await of({ method: 'saliency' });
  near(raw[0].data, slope);
  const largest = Array.from({ length: size }, (_, p) =>
    Math.max(...[0, 1, 2].map((c) => Math.abs(slope[p + c * size]))),
  );
  const [low, high] = [Math.min(...largest), Math.max(...largest)];
  near(
    heatmap.data,
    largest.map((v) => (v - low) / (high - low)),
  );
});

test('at a ReLU, deconvnet passes positive gradients, and guided backpropagation where x is positive, too', async () => {
  // y = Σ w mean(relu x)
  const rectified: Small = network(shape, (e, x) => {
    const layer = e.op('Relu', [x]);
    return {
      layers: [layer],
      y: pooledClassifier(
        e,
        layer,
        w.map((v) => [v]),
      ),
    };
  });
  const rawOf = async (method: MethodId) => (await explain(rectified, input, { method })).raw[0].data;
  const passed = x.map((_, at) => Math.max(0, w[Math.floor(at / size)]) / size);
  near(await rawOf('deconvnet'), passed);
  near(
    await rawOf('guided-backprop'),
    passed.map((value, at) => (x[at] > 0 ? value : 0)),
  );
});

test('input × gradient multiplies them, and shows the sum over the colors', async () => {
  const { raw, heatmap } = await of({ method: 'input-x-gradient' });
  const shares = x.map((value, at) => value * slope[at]);
  near(raw[0].data, shares);
  const sums = Array.from({ length: size }, (_, p) =>
    Math.abs(shares[p] + shares[p + size] + shares[p + 2 * size]),
  );
  const [low, high] = [Math.min(...sums), Math.max(...sums)];
  near(
    heatmap.data,
    sums.map((v) => (v - low) / (high - low)),
  );
});

test('SmoothGrad, SquareGrad and VarGrad are the moments of the gradient under noise', async () => {
  const n = 5;
  const { normal } = random(9, 'smoothgrad');
  const { normal: other } = random(9, 'squaregrad');
  const { normal: third } = random(9, 'vargrad');
  const sigma = 0.15 * (Math.max(...x) - Math.min(...x));
  const slopes = (draw: () => number) =>
    Array.from({ length: n }, () =>
      x.map((v, at) => (w[Math.floor(at / size)] * (v + sigma * draw())) / size),
    );
  const mean = (all: Float32Array[], f: (g: number) => number) =>
    Array.from(x, (_, at) => all.reduce((sum, g) => sum + f(g[at]), 0) / n);
  const options = { samples: n, seed: 9 };
  near(
    (await of({ method: 'smoothgrad', ...options })).raw[0].data,
    mean(slopes(normal), (g) => g),
  );
  near(
    (await of({ method: 'squaregrad', ...options })).raw[0].data,
    mean(slopes(other), (g) => g * g),
  );
  const drawn = slopes(third);
  const center = mean(drawn, (g) => g);
  const variance = center.map((m, at) => drawn.reduce((sum, g) => sum + (g[at] - m) ** 2, 0) / (n - 1));
  near((await of({ method: 'vargrad', ...options })).raw[0].data, variance, 1e-3);
});

test('integrated gradients of a quadratic are exact, and add up to the score', async () => {
  const { raw, measures, warnings } = await of({ method: 'integrated-gradients', samples: 4 });
  near(
    raw[0].data,
    x.map((value, at) => (value * slope[at]) / 2),
  );
  near([raw[0].data.reduce((a, b) => a + b)], [y(x)]);
  near([measures.completeness], [1]);
  assert.equal(warnings, []);
});

test('integrated gradients start from the baseline that is asked for', async () => {
  const low = Math.min(...x);
  const { raw, measures } = await of({ method: 'integrated-gradients', samples: 2, baseline: 'black' });
  const expected = x.map((v, at) => (w[Math.floor(at / size)] * (v * v - low * low)) / 2 / size);
  near(raw[0].data, expected);
  near([measures.completeness], [1]);
});

test('black and white are those of the picture before its preprocessing', async () => {
  const shown = picture(5, 4, (column, row) => [50 * column, 60 * row, 10 * column + 40 * row]);
  const [mean, std] = [
    [0.5, 0.4, 0.3],
    [0.2, 0.25, 0.5],
  ];
  const preprocessing = { fit: 'stretch', range: [0, 1], mean, std } as const;
  const explainer = await Explainer.load(quadratic.model, { preprocessing });
  const inputOf = (byte: number, c: number) => (byte / 255 - mean[c]) / std[c];
  for (const [baseline, byte] of [
    ['black', 0],
    ['white', 255],
  ] as const) {
    const options = { method: 'integrated-gradients', samples: 2, baseline, target: 0 } as const;
    const { raw } = await explainer.explain(await encodePng(shown), options);
    const expected = Array.from({ length: 60 }, (_, at) => {
      const [c, place] = [Math.floor(at / size), at % size];
      const values = [inputOf(shown.data[4 * place + c], c), inputOf(byte, c)];
      return (w[c] * (values[0] ** 2 - values[1] ** 2)) / 2 / size;
    });
    near(raw[0].data, expected);
  }
  await explainer.close();
});

test('a signed heatmap of several colors keeps the sign of the sum, or of the strongest', async () => {
  const around = (values: readonly number[]) => {
    const most = Math.max(...values.map(Math.abs));
    return values.map((v) => 0.5 + v / (2 * most));
  };
  const colors = (values: Float32Array) =>
    Array.from({ length: size }, (_, p) => [0, 1, 2].map((c) => values[p + c * size]));
  const sums = colors(x.map((v, at) => v * slope[at])).map((row) => row.reduce((a, b) => a + b));
  near((await of({ method: 'input-x-gradient', signed: true })).heatmap.data, around(sums));
  const strongest = colors(slope).map((row) => row.reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a)));
  near((await of({ method: 'saliency', signed: true })).heatmap.data, around(strongest));
});

test('a blurred baseline has a deviation of 50 / 224 of the longer side, cut at half of it', async () => {
  const wide = [3, 5, 12];
  const values = noise(180, 22);
  const head = network(wide, (e, value) => {
    const squares = e.mul(value, e.mul(value, 0.5));
    return {
      layers: [squares],
      y: pooledClassifier(
        e,
        squares,
        w.map((v) => [v]),
      ),
    };
  });
  const options = { method: 'integrated-gradients', samples: 2, baseline: 'blur' } as const;
  const { raw } = await explain(head, tensor(wide, values), options);
  const blurry = blurredAxes(values, [12, 5], (50 / 224) * 12, 0.5);
  near(
    raw[0].data,
    values.map((v, at) => (w[Math.floor(at / 60)] * (v * v - blurry[at] ** 2)) / 2 / 60),
  );
});

test('too few steps leave a gap, and it is said', async () => {
  const steep = network(shape, (e, value) => {
    const bent = e.op('Sigmoid', [e.mul(value, 20)]);
    return {
      layers: [bent],
      y: pooledClassifier(
        e,
        bent,
        w.map((v) => [v]),
      ),
    };
  });
  const { measures, warnings } = await explain(steep, input, { method: 'integrated-gradients', samples: 2 });
  assert.ok(Math.abs(measures.completeness - 1) > 0.05);
  assert.match(warnings[0], /Use more than 2 samples/);
});

test('guided Grad-CAM takes any CAM', async () => {
  const head = linear(shape, [[1], [-1], [2]]);
  const one = async (options: ExplainOptions) => explain(head, input, options);
  const guided = (await one({ method: 'guided-backprop' })).raw[0].data;
  for (const base of ['gradcam', 'layercam', 'eigencam']) {
    const cam = (await one({ method: base })).heatmap.data;
    const { raw } = await one({ method: 'guided-gradcam', base });
    near(
      raw[0].data,
      guided.map((v, at) => v * cam[at % size]),
    );
  }
});

// ---- FullGrad ----

test('input × gradient and all bias shares add up to the score (FullGrad, proposition 1)', async () => {
  for (const name of ['gap', 'resnet', 'densenet', 'shufflenet']) {
    const { model, tensor: file, target } = fixture(name);
    const image = file('input');
    const parsed = readModel(model);
    const [{ name: from }] = parsed.graph.inputs;
    const net = await Network.open(parsed, { [from]: image }, {});
    const to = net.model.graph.outputs[0].name;
    const terms = biasTerms(net, from, to);
    assert.ok(terms.length > 2, name);
    const plan = { output: to, wrt: [from, ...terms.map(({ value }) => value)], rectifier: 'plain' } as const;
    const values = await net.forward({ [from]: image }, [to, ...net.plan(plan).saved]);
    const logits = toFloat(values[to]).data;
    const gradients = await net.backward(
      plan,
      logits.map((_, i) => Number(i === target)),
      values,
    );
    const dot = (a: Float32Array, b: (at: number) => number) => a.reduce((sum, v, at) => sum + v * b(at), 0);
    let sum = dot(image.data, (at) => gradients.get(from)!.data[at]);
    for (const { value, bias } of terms) {
      const g = gradients.get(value)!.data;
      sum += dot(g, (at) => bias[Math.floor(at / (g.length / bias.length))]);
    }
    // What the linear classifier adds is no share of a map.
    const [gemm, ...more] = net.model.graph.nodes.filter(({ op }) => op === 'Gemm');
    assert.is(more.length, 0);
    sum += tensorValues(net.model.graph.initializers.get(gemm.inputs[2])!)[target];
    near([sum], [logits[target]]);
    await net.close();
  }
});

test('FullGrad adds the magnitudes of every layer, min-maxed; pytorch-grad-cam does it channel by channel', async () => {
  const bias = [0.5, -0.25];
  const small = network([1, 4, 4], (e, value) => {
    const weights = e.constant('float32', [2, 1, 1, 1], [1, -2]);
    const z = e.op('Conv', [value, weights, e.constant('float32', [2], bias)]);
    const layer = e.op('Relu', [z]);
    return { layers: [layer], y: pooledClassifier(e, e.mul(layer, layer), [[1], [3]]) };
  });
  const data = noise(16, 31);
  const g = [1, 3].map((weight, c) =>
    Array.from(data, (v) => (2 * weight * Math.max([1, -2][c] * v + bias[c], 0)) / 16),
  );
  const own = Array.from(data, (v, at) => Math.abs(v * (g[0][at] - 2 * g[1][at])));
  const shares = g.map((row, c) => row.map((v) => Math.abs(v * bias[c])));
  const unit = (values: number[], all = values) =>
    values.map((v) => (v - Math.min(...all)) / (Math.max(...all) - Math.min(...all)));
  const options = { method: 'fullgrad' };
  const paper = unit(own).map(
    (v, at) => v + unit(shares[0], shares.flat())[at] + unit(shares[1], shares.flat())[at],
  );
  near((await explain(small, tensor([1, 4, 4], data), options)).raw[0].data, paper);
  const theirs = unit(own).map((v, at) => v + unit(shares[0])[at] + unit(shares[1])[at]);
  const { raw } = await explain(small, tensor([1, 4, 4], data), { ...options, compat: 'pytorch-grad-cam' });
  near(raw[0].data, theirs);
  // Its 1e-7 shows where magnitudes are as small.
  const scaled = data.map((v) => v * 1e-3);
  const gains = [1, 3].map((weight, c) =>
    Array.from(scaled, (v) => (2e-4 * weight * Math.max([1, -2][c] * v + bias[c], 0)) / 16),
  );
  const tiny = network([1, 4, 4], (e, value) => {
    const weights = e.constant('float32', [2, 1, 1, 1], [1, -2]);
    const z = e.op('Conv', [value, weights, e.constant('float32', [2], bias)]);
    const layer = e.op('Relu', [z]);
    return { layers: [layer], y: pooledClassifier(e, e.mul(layer, layer), [[1e-4], [3e-4]]) };
  });
  const found = await explain(tiny, tensor([1, 4, 4], scaled), { ...options, compat: 'pytorch-grad-cam' });
  const unitWithEpsilon = (values: number[]) => {
    const [low, high] = [Math.min(...values), Math.max(...values)];
    return values.map((v) => (v - low) / (high - low + 1e-7));
  };
  const parts = [
    Array.from(scaled, (v, at) => Math.abs(v * (gains[0][at] - 2 * gains[1][at]))),
    ...gains.map((row, c) => row.map((v) => Math.abs(v * bias[c]))),
  ].map(unitWithEpsilon);
  near(
    found.raw[0].data,
    parts[0].map((v, at) => v + parts[1][at] + parts[2][at]),
    1e-3,
  );
});

// ---- Class model visualization ----

test('ascent from zero: steps of 0.1 along the blurred gradient, and a decay of 2 λ = 0.02', async () => {
  // y = Σ G x has the same gradient everywhere.
  const [height, width] = [6, 7];
  const G = noise(3 * height * width, 23);
  const fixed = network(
    [3, height, width],
    (e, value) => {
      const layer = e.op('Identity', [value]);
      const flat = e.op('Flatten', [layer]);
      return { layers: [layer], y: e.op('MatMul', [flat, e.constant('float32', [G.length, 1], G)]) };
    },
    1,
  );
  const explainer = await Explainer.load(fixed.model);
  const samples = 4;
  const { raw } = await explainer.explain(undefined, { method: 'class-visualization', target: 0, samples });
  let image = new Array<number>(G.length).fill(0);
  for (let step = 0; step < samples; step++) {
    const deviation = 5 * (1.5 / 5) ** (step / samples);
    const g = blurredAxes(G, [width, height], deviation, 3);
    const length = Math.sqrt(g.reduce((sum, v) => sum + v * v, 0) / g.length);
    image = image.map((v, at) => v + (0.1 * g[at]) / length - 0.02 * v);
  }
  near(raw[0].data, image);
  await explainer.close();
});

test('the picture of a class raises its score until it is the prediction', async () => {
  const explainer = await Explainer.load();
  for (const target of ['golf ball', 'daisy']) {
    const { raw } = await explainer.explain(undefined, {
      method: 'class-visualization',
      target,
      samples: 30,
    });
    const made = { type: 'float32' as const, dims: [1, 3, raw[0].height, raw[0].width], data: raw[0].data };
    const blank = { ...made, data: new Float32Array(raw[0].data.length) };
    const before = await explainer.explain(blank, { target });
    const after = await explainer.explainAll(made, { target });
    assert.ok(after.explanations[0].target.score > before.target.score + 5);
    assert.is(after.prediction[0].label, target);
  }
  await explainer.close();
});

test('its picture has the structure of one: neighbors are alike', async () => {
  const explainer = await Explainer.load();
  const explanation = await explainer.explain(undefined, {
    method: 'class-visualization',
    target: 'golf ball',
  });
  const { raw, shows } = explanation;
  assert.is(shows, 'image');
  const [{ data, height, width }] = raw;
  const picture = await overlay(explanation);
  assert.equal([picture.width, picture.height], [width, height]);
  const plane = data.subarray(0, height * width);
  const k = await loadKernels();
  const half = k.resample({ data: plane, height, width }, { height: height / 2, width: width / 2 });
  const back = k.resample(half, { height, width }).data;
  const power = plane.reduce((sum, v) => sum + v * v, 0);
  const lost = plane.reduce((sum, v, at) => sum + (v - back[at]) ** 2, 0);
  assert.ok(lost < 0.7 * power, `${lost / power} of it is grain`);
  await explainer.close();
});

test.run();

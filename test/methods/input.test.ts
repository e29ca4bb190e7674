import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Explainer, type ExplainOptions, type MethodId, overlay } from '../../src/index.ts';
import { loadKernels } from '../../src/kernels/index.ts';
import { random } from '../../src/methods/random.ts';
import { biasTerms } from '../../src/network/biases.ts';
import { Network } from '../../src/network/network.ts';
import { readModel } from '../../src/onnx/read.ts';
import { tensorValues } from '../../src/onnx/tensor.ts';
import { toFloat } from '../../src/runtime/tensor.ts';
import { fixture, relativeError } from '../helpers/fixtures.ts';
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
});

// ---- Class model visualization ----

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

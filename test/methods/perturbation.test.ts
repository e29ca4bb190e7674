import { suite } from 'uvu';
import { Explainer, type ExplainOptions } from '../../src/index.ts';
import { loadKernels } from '../../src/kernels/index.ts';
import { random } from '../../src/methods/random.ts';
import type { Emitter } from '../../src/onnx/emitter.ts';
import * as assert from '../helpers/assert.ts';
import { fixture, relativeError } from '../helpers/fixtures.ts';
import {
  explain,
  linear,
  means,
  network,
  noise,
  pooledClassifier,
  positive,
  tensor,
  weighted,
} from './networks.ts';

// On y = w · mean(x), without a ReLU in between, the score of any changed input can be written down.
const test = suite('perturbations, on networks whose scores are known');

const shape = [3, 6, 8];
const positions = 48;
const w = [1.5, -1, 0.5];
const x = positive(3 * positions, 11);
const head = linear(
  shape,
  w.map((v) => [v]),
  (e, value) => e.op('Identity', [value]),
);
const input = tensor(shape, x);
const y = (data: Float32Array) => means(data, 3).reduce((sum, mean, c) => sum + w[c] * mean, 0);
const raw = async (options: ExplainOptions) => (await explain(head, input, options)).raw[0].data;

const near = (found: ArrayLike<number>, expected: ArrayLike<number>, tolerance = 1e-4) => {
  const error = relativeError(found, expected);
  assert.ok(error <= tolerance, `off by ${error}`);
};

/** The channel as a mask in [0, 1]: the layer has the input's size, so nothing is resampled. */
const mask = (channel: number): Float32Array => {
  const plane = x.subarray(channel * positions, (channel + 1) * positions);
  const [low, high] = [Math.min(...plane), Math.max(...plane)];
  return plane.map((v) => (v - low) / (high - low));
};
const through = (m: Float32Array): Float32Array => x.map((v, at) => v * m[at % positions]);
const softmax = (scores: number[]): number[] => {
  const powers = scores.map(Math.exp);
  return powers.map((power) => power / powers.reduce((a, b) => a + b));
};

test('Score-CAM weighs by the softmax of the masked scores', async () => {
  const scores = [0, 1, 2].map((channel) => y(through(mask(channel))));
  near(await raw({ method: 'scorecam' }), weighted(x, softmax(scores)));
  near(await raw({ method: 'scorecam', compat: 'torch-cam' }), weighted(x, softmax(scores)));
});

test('Score-CAM with `channels` keeps those that vary most', async () => {
  const variance = means(
    x.map((v, at) => (v - means(x, 3)[Math.floor(at / positions)]) ** 2),
    3,
  );
  const kept = [0, 1, 2].sort((a, b) => variance[b] - variance[a]).slice(0, 2);
  const found = softmax(kept.map((channel) => y(through(mask(channel)))));
  const weights = [0, 1, 2].map((channel) => (kept.includes(channel) ? found[kept.indexOf(channel)] : 0));
  near(await raw({ method: 'scorecam', channels: 2 }), weighted(x, weights));
});

test('a network that takes one image at a time is given one mask at a time', async () => {
  const classified = (layer: string, e: Emitter) => {
    const pooled = e.op('GlobalAveragePool', [layer]);
    const flat = e.reshape(pooled, [1, 3]);
    return e.op('Gemm', [flat, e.constant('float32', [3, 1], w)]);
  };
  const build = (e: Emitter, v: string) => {
    const layer = e.op('Identity', [v]);
    return { layers: [layer], y: classified(layer, e) };
  };
  const declared = network(shape, build, 1);
  const reshaped = network(shape, build);
  for (const { model } of [declared, reshaped]) {
    const explainer = await Explainer.load(model);
    const { layers, raw: found, runs } = await explainer.explain(input, { method: 'scorecam', target: 0 });
    assert.equal(layers.length, 1);
    near(found[0].data, await raw({ method: 'scorecam' }));
    assert.ok(runs.forward >= 4);
    await explainer.close();
  }
});

test('other libraries add 1e-8 to the range of a mask, which shows on ranges as small', async () => {
  // The layer is 1e-8 times the input, which has an extent of its own: torch-cam scales masks before it is resized.
  const tiny = network(shape, (e, value) => {
    const pooled = e.op('MaxPool', [value], { kernel_shape: [2, 2], strides: [2, 2] });
    const layer = e.mul(pooled, 1e-8);
    const whole = e.add(e.mul(value, 1), e.mul(e.op('ReduceMean', [layer, e.ints([1, 2, 3])]), 0));
    return {
      layers: [layer],
      y: pooledClassifier(
        e,
        whole,
        w.map((v) => [20 * v]), // scores far apart
      ),
    };
  });
  const k = await loadKernels();
  const small = Array.from({ length: 3 * 12 }, (_, at) => {
    const [c, row, column] = [Math.floor(at / 12), Math.floor((at % 12) / 4), at % 4];
    const corner = c * positions + 2 * row * 8 + 2 * column;
    return 1e-8 * Math.max(...[0, 1, 8, 9].map((step) => x[corner + step]));
  });
  const unit = (values: ArrayLike<number>) => {
    const list = Array.from(values);
    const [low, high] = [Math.min(...list), Math.max(...list)];
    return Float32Array.from(list, (v) => (v - low) / (high - low + 1e-8));
  };
  const plane = (data: ArrayLike<number>) => ({ data: Float32Array.from(data), height: 3, width: 4 });
  const corners = (map: ReturnType<typeof plane>) =>
    Array.from({ length: positions }, (_, at) => {
      const [down, across] = [(Math.floor(at / 8) * 2) / 5, ((at % 8) * 3) / 7];
      const [top, left] = [Math.min(1, Math.floor(down)), Math.min(2, Math.floor(across))];
      const value = (r: number, c: number) => map.data[(top + r) * 4 + left + c];
      const [dy, dx] = [down - top, across - left];
      return (
        (1 - dy) * ((1 - dx) * value(0, 0) + dx * value(0, 1)) +
        dy * ((1 - dx) * value(1, 0) + dx * value(1, 1))
      );
    });
  for (const [compat, maskOf] of [
    ['pytorch-grad-cam', (map: ReturnType<typeof plane>) => unit(corners(map))],
    [
      'torch-cam',
      (map: ReturnType<typeof plane>) => k.resample(plane(unit(map.data)), { height: 6, width: 8 }).data,
    ],
  ] as const) {
    const scores = [0, 1, 2].map((c) => 20 * y(through(maskOf(plane(small.slice(c * 12, (c + 1) * 12))))));
    const { raw: found } = await explain(tiny, input, { method: 'scorecam', compat });
    near(found[0].data, weighted(Float32Array.from(small), softmax(scores)), 1e-3);
  }
});

test('SS-CAM averages the scores of noisy masks', async () => {
  const n = 4;
  const scores = [0, 1, 2].map((channel) => {
    let sum = 0;
    for (let i = 0; i < n; i++) {
      const { normal } = random(5, 'sscam', channel * n + i);
      sum += y(through(mask(channel).map((v) => v + 2 * normal()))) / n;
    }
    return sum;
  });
  near(await raw({ method: 'sscam', samples: n, seed: 5, batchSize: 5 }), weighted(x, softmax(scores)));
});

test('IS-CAM fades each mask in; torch-cam lets the coefficients run up', async () => {
  const faded = (coefficients: number[]) =>
    softmax(
      [0, 1, 2].map((channel) => {
        const scores = coefficients.map((c) => y(through(mask(channel).map((v) => c * v))));
        return scores.reduce((a, b) => a + b) / coefficients.length;
      }),
    );
  near(await raw({ method: 'iscam', samples: 4 }), weighted(x, faded([0.25, 0.5, 0.75, 1])));
  const torchCam = faded([0.1, 0.3, 0.6, 1, 1.5, 2.1, 2.8, 3.6, 4.5, 5.5]);
  near(await raw({ method: 'iscam', compat: 'torch-cam' }), weighted(x, torchCam));
});

test('Ablation-CAM weighs by the fall of the score without each channel', async () => {
  const fall = means(x, 3).map((mean, c) => (w[c] * mean) / Math.abs(y(x)));
  near(await raw({ method: 'ablationcam' }), weighted(x, fall));
  near(await raw({ method: 'ablationcam', batchSize: 2 }), weighted(x, fall));
});

test('a negative score does not turn Ablation-CAM over; pytorch-grad-cam lets it', async () => {
  const negative = linear(shape, [[-2], [-1], [0.5]], (e, value) => e.op('Relu', [value]));
  const scores = [-2, -1, 0.5].map((weight, c) => weight * means(x, 3)[c]);
  const score = scores.reduce((a, b) => a + b);
  assert.ok(score < 0);
  const zeroed = x.map((v, at) => (at === 0 ? 0 : v)); // a minimum of 0, so that channels are set to 0
  const found = await explain(negative, tensor(shape, zeroed), { method: 'ablationcam' });
  const theirs = await explain(negative, tensor(shape, zeroed), {
    method: 'ablationcam',
    compat: 'pytorch-grad-cam',
  });
  near(
    theirs.raw[0].data,
    found.raw[0].data.map((v) => -v),
  );
});

test("pytorch-grad-cam's Ablation-CAM sinks channels by 10⁷ where activations have no zero", async () => {
  const low = Math.min(...x);
  const drops = means(x, 3).map((mean, c) => w[c] * (mean - (low - 1e7 * (c + 1))));
  near(
    await raw({ method: 'ablationcam', compat: 'pytorch-grad-cam' }),
    weighted(
      x,
      drops.map((drop) => drop / y(x)),
    ),
  );
});

test('it does so anew in each batch of 32', async () => {
  const [channels, size] = [40, 4];
  const gains = noise(channels, 16);
  const data = positive(channels * size, 17).map((v) => v + 1);
  const wide = linear(
    [channels, 2, 2],
    [...gains].map((v) => [v]),
    (e, value) => e.op('Identity', [value]),
  );
  const score = means(data, channels).reduce((sum, mean, c) => sum + gains[c] * mean, 0);
  const low = Math.min(...data);
  const falls = means(data, channels).map(
    (mean, c) => (gains[c] * (mean - (low - 1e7 * ((c % 32) + 1)))) / score,
  );
  const { raw: found } = await explain(wide, tensor([channels, 2, 2], data), {
    method: 'ablationcam',
    compat: 'pytorch-grad-cam',
  });
  near(found[0].data, weighted(data, falls), 1e-3);
});

test('Ablation-CAM runs what lies behind the layer, and nothing else', async () => {
  const { model, tensor: file, layer } = fixture('resnet');
  const explainer = await Explainer.load(model);
  const { explanations, runs } = await explainer.explainAll(file('input'), { method: 'ablationcam', layer });
  assert.is(explanations.length, 1);
  assert.is(runs.forward, 1);
  assert.ok(runs.head > 1);
  await explainer.close();
});

test('Group-CAM weighs groups of channels by what they add to a blank', async () => {
  const wide = linear(
    [4, 10, 10],
    [
      [1, 0],
      [2, 1],
      [-1, 0],
      [0.5, -1],
    ],
    (e, value) => e.op('Relu', [value]),
  );
  const data = positive(400, 12);
  const found = await explain(wide, tensor([4, 10, 10], data), {
    method: 'groupcam',
    samples: 2,
    baseline: 'zero',
  });
  const p = (input: Float32Array) => {
    const [a, b, c, d] = means(input, 4);
    return softmax([a + 2 * b - c + 0.5 * d, b - d])[0];
  };
  const expected = new Array<number>(100).fill(0);
  for (const group of [
    [1, 2, 0, 0],
    [0, 0, -1, 0.5],
  ]) {
    const map = weighted(data, group).map((v) => Math.max(v / 100, 0));
    const sorted = [...map].sort((a, b) => a - b);
    const threshold = sorted[69] + 0.3 * (sorted[70] - sorted[69]); // 70 % of 99 is 69.3
    const kept = map.map((v) => (v > threshold ? v : 0));
    const m = kept.map((v) => v / Math.max(...kept));
    const gain = p(data.map((v, at) => v * m[at % 100])) - p(new Float32Array(400));
    m.forEach((v, at) => (expected[at] += gain * v));
  }
  near(found.raw[0].data, expected, 1e-3);
});

test('occlusion averages the fall of the score over the patches that hide a place', async () => {
  const [height, width] = [17, 25];
  const size = height * width;
  const gains = positive(size, 15);
  // y = Σ gains · x
  const plain = network([1, height, width], (e, value) => {
    const layer = e.op('Identity', [value]);
    return {
      layers: [layer],
      y: e.op('MatMul', [e.op('Flatten', [layer]), e.constant('float32', [size, 1], gains)]),
    };
  });
  const data = noise(size, 13);
  const mean = data.reduce((a, b) => a + b) / size;
  // A patch is two of 14 parts of each side, and hides every pixel that it touches.
  const hiding = (side: number, pixel: number) =>
    Array.from({ length: 13 }, (_, part) => part).filter(
      (part) => ((part + 2) * side) / 14 > pixel && (part * side) / 14 < pixel + 1,
    );
  for (const [baseline, hidden] of [
    ['zero', 0],
    [undefined, mean],
  ] as const) {
    const { raw: found } = await explain(plain, tensor([1, height, width], data), {
      method: 'occlusion',
      baseline,
    });
    const falls = Array.from({ length: 13 }, () => new Array<number>(13).fill(0));
    data.forEach((v, at) => {
      for (const down of hiding(height, Math.floor(at / width)))
        for (const across of hiding(width, at % width)) falls[down][across] += gains[at] * (v - hidden);
    });
    const expected = Array.from(data, (_, at) => {
      const over = hiding(height, Math.floor(at / width)).flatMap((down) =>
        hiding(width, at % width).map((across) => falls[down][across]),
      );
      return over.reduce((a, b) => a + b) / over.length;
    });
    near(found[0].data, expected, 1e-3);
  }
});

test('Group-CAM hides by the blurred image unless another baseline is asked for', async () => {
  const of = (baseline?: 'blur' | 'zero') =>
    explain(linear(shape, [[1], [-2], [3]]), input, { method: 'groupcam', baseline });
  const [usual, blurry, zero] = [await of(), await of('blur'), await of('zero')].map(
    ({ raw: [map] }) => map.data,
  );
  near(usual, blurry, 0);
  assert.ok(relativeError(usual, zero) > 0.01);
});

test('RISE is the mean of its masks, weighted by the probability behind each', async () => {
  const two = linear([1, 7, 7], [[4, 0]], (e, value) => e.op('Identity', [value]));
  const data = positive(49, 14);
  const n = 20;
  const found = await explain(two, tensor([1, 7, 7], data), {
    method: 'rise',
    samples: n,
    seed: 3,
    batchSize: 6,
  });
  const expected = new Array<number>(49).fill(0);
  for (let i = 0; i < n; i++) {
    const { uniform } = random(3, 'rise', i);
    const cells = Float32Array.from({ length: 64 }, () => (uniform() < 0.5 ? 1 : 0));
    const [down, across] = [uniform(), uniform()];
    const m = Array.from({ length: 49 }, (_, place) => {
      // Seven cells over seven positions: between two neighbors, by the random shift.
      const sample = (offset: number, index: number) => {
        const coordinate = index + offset;
        return [Math.floor(coordinate), coordinate - Math.floor(coordinate)];
      };
      const [top, dy] = sample(down, Math.floor(place / 7));
      const [left, dx] = sample(across, place % 7);
      const cell = (r: number, c: number) => cells[Math.min(r, 7) * 8 + Math.min(c, 7)];
      return (
        (1 - dy) * ((1 - dx) * cell(top, left) + dx * cell(top, left + 1)) +
        dy * ((1 - dx) * cell(top + 1, left) + dx * cell(top + 1, left + 1))
      );
    });
    const masked = data.reduce((sum, v, at) => sum + (v * m[at]) / 49, 0);
    const probability = 1 / (1 + Math.exp(-4 * masked));
    m.forEach((v, at) => (expected[at] += (probability * v) / (n * 0.5)));
  }
  near(found.raw[0].data, expected, 1e-4);
});

test.run();

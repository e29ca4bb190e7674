import { suite } from 'uvu';
import { Explainer } from '../../src/index.ts';
import * as assert from '../helpers/assert.ts';
import { fixture, relativeError } from '../helpers/fixtures.ts';
import { explain, network, noise, tensor } from './networks.ts';

// One attention without weights: P = softmax(X Xᵀ), Z = X + P X, y = Wᵀ · mean of Z's tokens.
const test = suite('methods for transformers');

const [D, side] = [3, 4];
const N = side * side;
const W = [1, -2, 0.5];
const x = noise(D * N, 41);
const tokens = Array.from({ length: N }, (_, i) => W.map((_, d) => x[d * N + i]));
const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, v, i) => sum + v * b[i], 0);
const attend = (X: readonly (readonly number[])[]): number[][] =>
  X.map((query) => {
    const powers = X.map((key) => Math.exp(dot(query, key)));
    const sum = powers.reduce((a, b) => a + b);
    return powers.map((power) => power / sum);
  });

const near = (found: ArrayLike<number>, expected: ArrayLike<number>, tolerance = 1e-4) => {
  const error = relativeError(found, expected);
  assert.ok(error <= tolerance, `off by ${error}`);
};

const transformer = (blocks: number) =>
  network([D, side, side], (e, picture) => {
    const flat = e.op('Reshape', [picture, e.ints([0, D, N])]);
    let X = e.op('Transpose', [flat], { perm: [0, 2, 1] });
    const layers: string[] = [];
    for (let block = 0; block < blocks; block++) {
      const products = e.op('MatMul', [X, e.op('Transpose', [X], { perm: [0, 2, 1] })]);
      const P = e.op('Softmax', [products], { axis: 2 });
      X = e.add(X, e.op('MatMul', [P, X]));
      layers.push(X);
    }
    const mean = e.op('ReduceMean', [X, e.ints([1])], { keepdims: 0 });
    return { layers, y: e.op('MatMul', [mean, e.constant('float32', [D, 1], W)]) };
  });

const input = tensor([D, side, side], x);

test('LeGrad of one layer: ∂s/∂P_ij = W · X_j / N, its positive part averaged over queries', async () => {
  const { raw } = await explain(transformer(1), input, { method: 'legrad', layer: undefined });
  assert.equal([raw[0].channels, raw[0].height, raw[0].width], [1, side, side]);
  near(
    raw[0].data,
    tokens.map((token) => Math.max(dot(W, token) / N, 0)),
  );
});

test('LeGrad of two layers: each is scored by the head on its own tokens', async () => {
  const { raw } = await explain(transformer(2), input, { method: 'legrad', layer: undefined });
  const P = attend(tokens);
  const next = tokens.map((token, i) =>
    token.map((v, d) => v + P[i].reduce((sum, p, j) => sum + p * tokens[j][d], 0)),
  );
  const share = (X: readonly (readonly number[])[]) => X.map((token) => Math.max(dot(W, token) / N, 0));
  const [first, second] = [share(tokens), share(next)];
  near(
    raw[0].data,
    first.map((v, i) => (v + second[i]) / 2),
  );
});

test('rollout multiplies ½ P + ½ I through the layers', async () => {
  const { raw } = await explain(transformer(2), input, { method: 'rollout', layer: undefined });
  const P = attend(tokens);
  const next = tokens.map((token, i) =>
    token.map((v, d) => v + P[i].reduce((sum, p, j) => sum + p * tokens[j][d], 0)),
  );
  const pass = (row: number[], probabilities: number[][]) =>
    row.map((v, j) => v / 2 + row.reduce((sum, r, i) => sum + (r * probabilities[i][j]) / 2, 0));
  const uniform = new Array<number>(N).fill(1 / N);
  near(raw[0].data, pass(pass(uniform, attend(next)), P));
});

test('on a vision transformer with a class token both give a map of the patches', async () => {
  const { model, tensor: file } = fixture('vit');
  const explainer = await Explainer.load(model);
  const { explanations, failures } = await explainer.explainAll(file('input'), {
    method: ['legrad', 'rollout'],
  });
  assert.equal(failures, []);
  for (const { raw, heatmap } of explanations) {
    assert.equal([raw[0].height, raw[0].width], [8, 8]);
    assert.equal([heatmap.height, heatmap.width], [64, 64]);
    assert.ok(raw[0].data.every((value) => value >= 0) && raw[0].data.some((value) => value > 0));
  }
  await explainer.close();
});

test('a network without attention is told what to take', async () => {
  const { model, tensor: file } = fixture('gap');
  const explainer = await Explainer.load(model);
  const { failures } = await explainer.explainAll(file('input'), { method: ['legrad', 'rollout'] });
  assert.is(failures.length, 2);
  for (const { error } of failures) assert.match(error.message, /vision transformers.*gradcam/);
  await explainer.close();
});

test.run();

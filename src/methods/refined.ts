import { type Plane, positionsOf } from '../kernels/index.ts';
import { channelSums, maximum, spanOf } from './arrays.ts';
import type { Contrast, Steps } from './ask.ts';
import { type LayerMethod, layerMethod, type LayerView } from './method.ts';

/** Extensions of Grad-CAM: other objectives, second derivatives, noise, several layers. */
export const REFINED_METHODS: Readonly<
  Record<'smoothgradcampp' | 'shapleycam' | 'finercam' | 'refinecam', LayerMethod>
> = {
  smoothgradcampp: layerMethod({
    title: 'Smooth Grad-CAM++',
    paper: 'Omeiza et al. 2019, arXiv:1908.01224',
    about: 'Grad-CAM++ with derivatives averaged over noisy copies of the image.',
    when: 'When Grad-CAM++ is noisy, if time allows.',
    needs: ['activations'],
    asks: { layerGradient: 'N' },
    samples: 8,
    map: (view) => smoothPlusPlus(view, 0.15 * spanOf(view.input.data)),
    compat: { 'torch-cam': smoothPlusPlusOfTorchCam },
  }),
  shapleycam: layerMethod({
    title: 'ShapleyCAM',
    paper: 'Cai 2025, arXiv:2501.06261',
    about: 'Grad-CAM with a second-order term: an approximate Shapley value of each channel.',
    when: 'On probabilities or nonlinear heads (GELU, layer norm); equals Grad-CAM on linear heads.',
    needs: ['activations', 'gradients'],
    asks: { headGradient: 2 },
    map: shapley,
  }),
  finercam: layerMethod({
    title: 'Finer-CAM',
    paper: 'Zhang et al. 2025, arXiv:2501.11309',
    about: 'Evidence for the class as opposed to the three most similar ones.',
    when: 'For classes that look alike: birds, cars, breeds.',
    needs: ['activations', 'base'],
    asks: { contrastGradient: 1 },
    base: 'gradcam',
    map: (view) => contrasted(view, difference(0.6)),
    compat: { 'pytorch-grad-cam': (view) => contrasted(view, weightedDifference(1)) },
  }),
  refinecam: layerMethod({
    title: 'RefineCAM',
    paper: 'How to Evaluate and Refine your CAM, arXiv:2605.14641',
    about: 'Product of the maps of several layers: only what coarse and fine maps agree on.',
    when: 'For sharp maps from several layers.',
    needs: ['activations', 'gradients', 'base'],
    base: 'gradcampp',
    fuse: 'product',
    stages: true,
    map: ({ base, g }) => base(g),
  }),
};

type NoisyView = LayerView<'activations', 'layerGradient'>;

/** Gradients at the layer for N noisy inputs. */
function* noisyGradients(
  { input, samples, random, layerGradient }: NoisyView,
  deviation: number,
): Steps<Float32Array[]> {
  const { normal } = random();
  const gradients: Float32Array[] = [];
  for (let i = 0; i < samples; i++) {
    const noisy = input.data.map((value) => value + deviation * normal());
    gradients.push((yield* layerGradient(noisy)).data);
  }
  return gradients;
}

const meanPower = (all: readonly Float32Array[], f: (g: number) => number): Float32Array =>
  all[0].map((_, at) => all.reduce((sum, g) => sum + f(g[at]), 0) / all.length);

/**
 * α = D2 / (2 D2 + S_k D3) with D_p = mean of g^p, w_k = Σ_ij α max(D1, 0). The paper has D1 as the numerator (eq. 7);
 * with D2 it equals Grad-CAM++ without noise, as the text claims.
 */
function* smoothPlusPlus(view: NoisyView, deviation: number): Steps<Plane> {
  const { A, k } = view;
  const gradients = yield* noisyGradients(view, deviation);
  const [D1, D2, D3] = [1, 2, 3].map((p) => meanPower(gradients, (g) => g ** p));
  const sums = k.spatialSum(A);
  const weights = channelSums(A, (_, channel, at) => {
    const denominator = 2 * D2[at] + sums[channel] * D3[at];
    return denominator === 0 ? 0 : (D2[at] / denominator) * Math.max(D1[at], 0);
  });
  return k.weightedSum(A, weights);
}

/** α = D2 / (2 D2 + Σ_ij D3 A + 1e-8), with the gradient of the last noisy pass. */
function* smoothPlusPlusOfTorchCam(view: NoisyView): Steps<Plane> {
  const { A, k } = view;
  const gradients = yield* noisyGradients(view, 0.3);
  const [D2, D3] = [2, 3].map((p) => meanPower(gradients, (g) => g ** p));
  const last = gradients.at(-1)!;
  const cubes = k.spatialDot(A, { ...A, data: D3 });
  const weights = channelSums(A, (_, channel, at) => {
    return (D2[at] / (2 * D2[at] + cubes[channel] + 1e-8)) * Math.max(last[at], 0);
  });
  return k.weightedSum(A, weights);
}

/** Half the step of the central difference, relative to A. */
const STEP = 1e-3;

/** w_k = mean_ij (g − ½ H·A)_k, where H·A is the change of g along A. */
function* shapley({
  A,
  g,
  k,
  headGradient,
}: LayerView<'activations' | 'gradients', 'headGradient'>): Steps<Plane> {
  const { data: above } = yield* headGradient(A.data.map((value) => (1 + STEP) * value));
  const { data: below } = yield* headGradient(A.data.map((value) => (1 - STEP) * value));
  const weights = channelSums(g, (value, _, at) => value - (above[at] - below[at]) / (4 * STEP));
  return k.weightedSum(
    A,
    weights.map((sum) => sum / positionsOf(A)),
  );
}

function* contrasted(
  { base, contrastGradient }: LayerView<'activations' | 'base', 'contrastGradient'>,
  contrast: Contrast,
): Steps<Plane> {
  return yield* base(yield* contrastGradient(contrast));
}

/** Number of classes for comparison. */
const RIVALS = 3;

/** The classes with scores nearest to that of class `index`. */
const rivalsOf = (y: Float32Array, index: number): number[] =>
  [...y.keys()]
    .filter((d) => d !== index)
    .sort((a, b) => Math.abs(y[a] - y[index]) - Math.abs(y[b] - y[index]))
    .slice(0, RIVALS);

/** y_c − γ mean_d y_d. */
function difference(gamma: number): Contrast {
  return (y, c) => {
    const rivals = rivalsOf(y, c);
    return y.map((_, j) => Number(j === c) - (rivals.includes(j) ? gamma / rivals.length : 0));
  };
}

/**
 * f = Σ_d p_d (y_c − α y_d) / (Σ_d p_d + 1e-9) with p = softmax(y), differentiated through p as well:
 * ∂f/∂y_j = Σ_d p_d [(δ_dj − p_j)(y_c − α y_d − f) + δ_cj − α δ_dj] / (Σ_d p_d + 1e-9).
 */
function weightedDifference(alpha: number): Contrast {
  return (y, c) => {
    const top = maximum(y);
    const powers = Float64Array.from(y, (value) => Math.exp(value - top));
    const total = powers.reduce((a, b) => a + b);
    const p = powers.map((power) => power / total);
    const rivals = rivalsOf(y, c);
    const weight = rivals.reduce((sum, d) => sum + p[d], 0) + 1e-9;
    const f = rivals.reduce((sum, d) => sum + p[d] * (y[c] - alpha * y[d]), 0) / weight;
    return y.map((_, j) => {
      const terms = rivals.map(
        (d) =>
          p[d] *
          ((Number(d === j) - p[j]) * (y[c] - alpha * y[d] - f) + Number(c === j) - alpha * Number(d === j)),
      );
      return terms.reduce((a, b) => a + b, 0) / weight;
    });
  };
}

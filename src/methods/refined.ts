import type { Plane } from '../kernels/volume.ts';
import { channelSums } from './gradient.ts';
import type { LayerMethod, LayerView } from './method.ts';
import {
  contrastGradient,
  headGradient,
  layerGradient,
  type Contrast,
  type Step,
  type Steps,
} from './request.ts';

/** Methods that take Grad-CAM further: other objectives, second derivatives, noise, several layers. */
export const REFINED_METHODS: Readonly<Record<string, LayerMethod>> = {
  smoothgradcampp: {
    title: 'Smooth Grad-CAM++',
    paper: 'Omeiza et al. 2019, arXiv:1908.01224',
    about: 'Grad-CAM++ with derivatives averaged over noisy copies of the image.',
    when: 'When Grad-CAM++ is noisy and time is there.',
    cost: 'N × (1 forward + 1 backward)',
    runs: 'own',
    level: 'layer',
    needs: ['activations', 'backward'],
    samples: 8,
    map: (view) => smoothPlusPlus(view, 0.15 * rangeOf(view.input.data)),
    compat: { 'torch-cam': (view) => smoothPlusPlusOfTorchCam(view) },
  },
  shapleycam: {
    title: 'ShapleyCAM',
    paper: 'Cai 2025, arXiv:2501.06261',
    about:
      'Grad-CAM with a second-order term: what each channel adds to the score, as a Shapley value sees it.',
    when: 'On probabilities or heads that bend (GELU, layer norm); on linear heads it is Grad-CAM.',
    cost: '1 backward + 2 × (1 forward + 1 backward) of the head',
    runs: 'own',
    level: 'layer',
    needs: ['activations', 'gradients', 'head'],
    map: shapley,
  },
  finercam: {
    title: 'Finer-CAM',
    paper: 'Zhang et al. 2025, arXiv:2501.11309',
    about: 'What speaks for the class rather than for the three classes most like it.',
    when: 'Between classes that look alike: birds, cars, breeds.',
    cost: '1 backward',
    runs: 'own',
    level: 'layer',
    needs: ['activations', 'backward'],
    base: 'gradcam',
    map: (view) => contrasted(view, difference(0.6)),
    compat: { 'pytorch-grad-cam': (view) => contrasted(view, weightedDifference(1)) },
  },
  refinecam: {
    title: 'RefineCAM',
    paper: 'How to Evaluate and Refine your CAM, arXiv:2605.14641',
    about: 'Product of the maps of several layers: only what the coarse and the fine ones agree on.',
    when: 'For sharp maps from several layers.',
    cost: '1 backward',
    level: 'layer',
    needs: ['activations', 'gradients'],
    base: 'gradcampp',
    fuse: 'product',
    stages: true,
    map: (view) => view.base(view),
  },
};

const rangeOf = (data: Float32Array): number =>
  data.reduce((a, b) => Math.max(a, b), -Infinity) - data.reduce((a, b) => Math.min(a, b), Infinity);

/** Gradients at the layer for each of N noisy inputs. */
function* noisyGradients({ input, samples, random }: LayerView, deviation: number): Steps<Float32Array[]> {
  const { normal } = random();
  const found: Float32Array[] = [];
  for (let i = 0; i < samples; i++) {
    const noisy = input.data.map((value) => value + deviation * normal());
    found.push((yield* layerGradient(noisy, [i, samples])).data);
  }
  return found;
}

const meanOf = (all: readonly Float32Array[], f: (g: number) => number): Float32Array =>
  all[0].map((_, at) => all.reduce((sum, g) => sum + f(g[at]), 0) / all.length);

/**
 * α = D2 / (2 D2 + S_k D3) with D_p = mean of g^p, w_k = Σ_ij α max(D1, 0). The paper prints D1 as the numerator (eq. 7);
 * with D2 it is Grad-CAM++ where there is no noise, as its text says.
 */
function* smoothPlusPlus(view: LayerView, deviation: number): Steps<Plane> {
  const { A, k } = view;
  const gradients = yield* noisyGradients(view, deviation);
  const [D1, D2, D3] = [1, 2, 3].map((p) => meanOf(gradients, (g) => g ** p));
  const sums = k.spatialSum(A);
  const weights = channelSums(A, (_, channel, at) => {
    const denominator = 2 * D2[at] + sums[channel] * D3[at];
    return denominator === 0 ? 0 : (D2[at] / denominator) * Math.max(D1[at], 0);
  });
  return k.weightedSum(A, weights);
}

/** α = D2 / (2 D2 + Σ_ij D3 A + 1e-8) and the gradient of the last noisy pass alone. */
function* smoothPlusPlusOfTorchCam(view: LayerView): Steps<Plane> {
  const { A, k } = view;
  const gradients = yield* noisyGradients(view, 0.3);
  const [D2, D3] = [2, 3].map((p) => meanOf(gradients, (g) => g ** p));
  const last = gradients.at(-1)!;
  const cubes = k.spatialDot(A, { ...A, data: D3 });
  const weights = channelSums(A, (_, channel, at) => {
    return (D2[at] / (2 * D2[at] + cubes[channel] + 1e-8)) * Math.max(last[at], 0);
  });
  return k.weightedSum(A, weights);
}

/** Half the distance of the central difference, as a share of A. */
const STEP = 1e-3;

/** w_k = mean_ij (g − ½ H·A)_k; H·A is how g changes along A. */
function* shapley({ A, g, k }: LayerView): Steps<Plane> {
  const along = function* (factor: number, step: Step) {
    return (yield* headGradient(
      A.data.map((value) => factor * value),
      step,
    )).data;
  };
  const ahead = yield* along(1 + STEP, [0, 2]);
  const behind = yield* along(1 - STEP, [1, 2]);
  const weights = channelSums(g, (value, _, at) => value - (ahead[at] - behind[at]) / (4 * STEP));
  return k.weightedSum(
    A,
    weights.map((sum) => sum / (A.height * A.width)),
  );
}

function* contrasted(view: LayerView, contrast: Contrast): Steps<Plane> {
  return yield* view.base({ ...view, g: yield* contrastGradient(contrast) });
}

/** How many classes are compared with. */
const RIVALS = 3;

/** Classes whose score is nearest to that of class `index`. */
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
 * f = Σ_d p_d (y_c − α y_d) / (Σ_d p_d + 1e-9) with p = softmax(y), which is differentiated too:
 * ∂f/∂y_j = Σ_d p_d [(δ_dj − p_j)(y_c − α y_d − f) + δ_cj − α δ_dj] / (Σ_d p_d + 1e-9).
 */
function weightedDifference(alpha: number): Contrast {
  return (y, c) => {
    const top = y.reduce((a, b) => Math.max(a, b));
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

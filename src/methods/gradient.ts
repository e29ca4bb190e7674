import type { Volume } from '../kernels/volume.ts';
import type { LayerMethod, LayerView } from './method.ts';

/** Methods that weigh activations by gradients of the target. A_k: activation, g_k = ∂y/∂A_k. */
export const GRADIENT_METHODS: Readonly<Record<string, LayerMethod>> = {
  gradcam: {
    title: 'Grad-CAM',
    paper: 'Selvaraju et al. 2017, arXiv:1610.02391',
    about: 'Channels weighted by their mean gradient: what raises the score, channel by channel.',
    when: 'First. It works on almost any network and holds up in sanity checks.',
    cost: '1 backward',
    level: 'layer',
    needs: ['activations', 'gradients'],
    map: ({ A, g, k }) => k.weightedSum(A, k.spatialMean(g)),
  },
  hirescam: {
    title: 'HiResCAM',
    paper: 'Draelos & Carin 2020, arXiv:2011.08891',
    about: 'Activations times gradients, position by position: only places that the score was computed from.',
    when: 'When the map must not show what the model did not use; where gradients differ over space.',
    cost: '1 backward',
    level: 'layer',
    needs: ['activations', 'gradients'],
    map: ({ A, g, k }) => k.productSum(A, g),
  },
  gradcamelementwise: {
    title: 'Grad-CAM, element by element',
    paper: 'Gildenblat et al. 2021, pytorch-grad-cam',
    about: 'As HiResCAM, but only products that speak for the class are added.',
    when: 'When evidence for and against the class at the same place should not cancel.',
    cost: '1 backward',
    level: 'layer',
    needs: ['activations', 'gradients'],
    map: ({ A, g, k }) => k.reluProductSum(A, g),
  },
  gradcampp: {
    title: 'Grad-CAM++',
    paper: 'Chattopadhay et al. 2018, arXiv:1710.11063',
    about: 'Positive gradients weighted so that several instances of the class count alike.',
    when: 'With several objects of one class in the picture.',
    cost: '1 backward',
    level: 'layer',
    needs: ['activations', 'gradients'],
    map: (view) => plusPlus(view, exactAlpha(view)),
    compat: {
      'pytorch-grad-cam': (view) =>
        plusPlus(view, (g, S) => (g ? g ** 2 / (2 * g ** 2 + S * g ** 3 + 1e-6) : 0)),
      // Its division acts on a copy and is lost: α stays g².
      'torch-cam': (view) => plusPlus(view, (g) => g ** 2),
    },
  },
  xgradcam: {
    title: 'XGrad-CAM',
    paper: 'Fu et al. 2020, arXiv:2008.02312',
    about: 'Gradients averaged with the activations as weights, as two axioms on the scores ask.',
    when: 'When the weights should add up to the score; activations must not be negative.',
    cost: '1 backward',
    level: 'layer',
    needs: ['activations', 'gradients'],
    map: (view) => axiomatic(view, 0),
    compat: {
      'pytorch-grad-cam': (view) => axiomatic(view, 1e-7),
      'torch-cam': (view) => axiomatic(view, 1e-8),
    },
  },
  layercam: {
    title: 'LayerCAM',
    paper: 'Jiang et al. 2021, doi:10.1109/TIP.2021.3089943',
    about: 'Every position weighted by its own positive gradient: fine detail, also in early layers.',
    when: 'For fine outlines from early layers, or several layers fused.',
    cost: '1 backward',
    level: 'layer',
    needs: ['activations', 'gradients'],
    fuse: 'layercam',
    map: ({ A, g, k }) => k.productSum(A, { ...g, data: k.relu(g.data) }),
  },
};

/** Σ_k w_k A_k with w_k = Σ_ij α_k(i,j) max(g_k(i,j), 0); α is a function of g_k(i,j) and S_k = Σ_ij A_k. */
function plusPlus({ A, g, k }: LayerView, alpha: (g: number, S: number) => number) {
  const sums = k.spatialSum(A);
  const weights = channelSums(g, (value, channel) => (value > 0 ? alpha(value, sums[channel]) * value : 0));
  return k.weightedSum(A, weights);
}

/** Σ_ij of a function of each element and its channel, [C]. */
export function channelSums(
  { data, channels, height, width }: Volume,
  term: (value: number, channel: number, at: number) => number,
): Float32Array {
  const positions = height * width;
  return Float32Array.from({ length: channels }, (_, channel) => {
    let sum = 0;
    for (let at = channel * positions; at < (channel + 1) * positions; at++)
      sum += term(data[at], channel, at);
    return sum;
  });
}

/** α = g² / (2g² + S·g³) = 1 / (2 + S·g): the paper's eq. 19 with nothing added to the denominator. */
function exactAlpha({ warn }: LayerView): (g: number, S: number) => number {
  return (g, S) => {
    const denominator = 2 + S * g;
    if (Math.abs(denominator) < 1e-3) warn(UNSOUND);
    return denominator === 0 ? 0 : 1 / denominator;
  };
}

const UNSOUND =
  'A Grad-CAM++ weight divides by almost zero (2 + S·g), since activations here are negative: do not trust this map; use gradcam or layercam.';

/** w_k = Σ_ij g_k A_k / (S_k + ε); a dead channel, S_k = 0, has weight 0. */
function axiomatic({ A, g, k, warn }: LayerView, epsilon: number) {
  const sums = k.spatialSum(A);
  const magnitudes = channelSums(A, Math.abs);
  if (sums.some((S, channel) => S !== 0 && Math.abs(S) < 1e-3 * magnitudes[channel])) {
    warn(
      'An XGrad-CAM weight divides by a channel sum near zero, since activations here have both signs: use hirescam or gradcam.',
    );
  }
  const weights = k.spatialDot(g, A).map((dot, channel) => {
    const S = sums[channel] + epsilon;
    return S === 0 ? 0 : dot / S;
  });
  return k.weightedSum(A, weights);
}

import { channelSums } from './arrays.ts';
import { type LayerMethod, layerMethod, type LayerView } from './method.ts';

type GradientView = LayerView<'activations' | 'gradients'>;

/** Methods that weight activations by gradients of the target. A_k: activation, g_k = ∂y/∂A_k. */
export const GRADIENT_METHODS: Readonly<
  Record<'gradcam' | 'hirescam' | 'gradcamelementwise' | 'gradcampp' | 'xgradcam' | 'layercam', LayerMethod>
> = {
  gradcam: layerMethod({
    title: 'Grad-CAM',
    paper: 'Selvaraju et al. 2017, arXiv:1610.02391',
    about: 'Channels weighted by their mean gradient: which features raise the score.',
    when: 'First. Works on almost any network and passes sanity checks.',
    needs: ['activations', 'gradients'],
    map: ({ A, g, k }) => k.weightedSum(A, k.spatialMean(g)),
  }),
  hirescam: layerMethod({
    title: 'HiResCAM',
    paper: 'Draelos & Carin 2020, arXiv:2011.08891',
    about: 'Activations times gradients at each position: only places the score was computed from.',
    when: 'When the map must show only what the model used; when gradients vary over space.',
    needs: ['activations', 'gradients'],
    map: ({ A, g, k }) => k.productSum(A, g),
  }),
  gradcamelementwise: layerMethod({
    title: 'Element-wise Grad-CAM',
    paper: 'Gildenblat et al. 2021, pytorch-grad-cam',
    about: 'Like HiResCAM, but sums only positive products.',
    when: 'When evidence for and against the class at the same place should not cancel.',
    needs: ['activations', 'gradients'],
    map: ({ A, g, k }) => k.reluProductSum(A, g),
  }),
  gradcampp: layerMethod({
    title: 'Grad-CAM++',
    paper: 'Chattopadhay et al. 2018, arXiv:1710.11063',
    about: 'Positive gradients weighted so that several instances of the class count equally.',
    when: 'With several objects of one class in the image.',
    needs: ['activations', 'gradients'],
    map: (view) => plusPlus(view, exactAlpha(view)),
    compat: {
      'pytorch-grad-cam': (view) =>
        plusPlus(view, (g, S) => (g ? g ** 2 / (2 * g ** 2 + S * g ** 3 + 1e-6) : 0)),
      // Its division acts on a copy, without effect: α stays g².
      'torch-cam': (view) => plusPlus(view, (g) => g ** 2),
    },
  }),
  xgradcam: layerMethod({
    title: 'XGrad-CAM',
    paper: 'Fu et al. 2020, arXiv:2008.02312',
    about: 'Gradients averaged with the activations as weights, derived from two axioms about the scores.',
    when: 'When the weights should add up to the score; needs non-negative activations.',
    needs: ['activations', 'gradients'],
    map: (view) => axiomatic(view, 0),
    compat: {
      'pytorch-grad-cam': (view) => axiomatic(view, 1e-7),
      'torch-cam': (view) => axiomatic(view, 1e-8),
    },
  }),
  layercam: layerMethod({
    title: 'LayerCAM',
    paper: 'Jiang et al. 2021, doi:10.1109/TIP.2021.3089943',
    about: 'Every position weighted by its positive gradient: fine detail, even in early layers.',
    when: 'For fine outlines from early layers or several fused layers.',
    needs: ['activations', 'gradients'],
    fuse: 'layercam',
    map: ({ A, g, k }) => k.productSum(A, { ...g, data: k.relu(g.data) }),
  }),
};

/** Σ_k w_k A_k with w_k = Σ_ij α_k(i,j) max(g_k(i,j), 0); α is a function of g_k(i,j) and S_k = Σ_ij A_k. */
function plusPlus({ A, g, k }: GradientView, alpha: (g: number, S: number) => number) {
  const sums = k.spatialSum(A);
  const weights = channelSums(g, (value, channel) => (value > 0 ? alpha(value, sums[channel]) * value : 0));
  return k.weightedSum(A, weights);
}

/** α = g² / (2g² + S·g³) = 1 / (2 + S·g): eq. 19 of the paper without an added ε. */
function exactAlpha({ warn }: GradientView): (g: number, S: number) => number {
  return (g, S) => {
    const denominator = 2 + S * g;
    if (Math.abs(denominator) < 1e-3) warn(NEAR_ZERO_ALPHA);
    return denominator === 0 ? 0 : 1 / denominator;
  };
}

const NEAR_ZERO_ALPHA =
  'A Grad-CAM++ weight divides by almost zero (2 + S·g) because activations are negative here, so the map is unreliable. Use gradcam or layercam.';

/** w_k = Σ_ij g_k A_k / (S_k + ε); a dead channel, S_k = 0, has weight 0. */
function axiomatic({ A, g, k, warn }: GradientView, epsilon: number) {
  const sums = k.spatialSum(A);
  const magnitudes = channelSums(A, Math.abs);
  if (sums.some((S, channel) => S !== 0 && Math.abs(S) < 1e-3 * magnitudes[channel])) {
    warn(
      'An XGrad-CAM weight divides by a channel sum near zero because activations have both signs here. Use hirescam or gradcam.',
    );
  }
  const weights = k.spatialDot(g, A).map((dot, channel) => {
    const S = sums[channel] + epsilon;
    return S === 0 ? 0 : dot / S;
  });
  return k.weightedSum(A, weights);
}

import type { LayerMethod, LayerView } from './method.ts';

/** Methods that weigh activations by gradients of the target. A_k: activation, g_k = ∂y/∂A_k. */
export const GRADIENT_METHODS: Readonly<Record<string, LayerMethod>> = {
  gradcam: {
    title: 'Grad-CAM',
    paper: 'Selvaraju et al. 2017, arXiv:1610.02391',
    about: 'Channels weighted by their mean gradient: what raises the score, channel by channel.',
    level: 'layer',
    needs: ['activations', 'gradients'],
    map: ({ A, g, k }) => k.weightedSum(A, k.spatialMean(g)),
  },
  gradcampp: {
    title: 'Grad-CAM++',
    paper: 'Chattopadhay et al. 2018, arXiv:1710.11063',
    about: 'Positive gradients weighted so that several instances of the class count alike.',
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
  layercam: {
    title: 'LayerCAM',
    paper: 'Jiang et al. 2021, doi:10.1109/TIP.2021.3089943',
    about: 'Every position weighted by its own positive gradient: fine detail, also in early layers.',
    level: 'layer',
    needs: ['activations', 'gradients'],
    fuse: 'layercam',
    map: ({ A, g, k }) => k.productSum(A, { ...g, data: k.relu(g.data) }),
  },
};

/** Σ_k w_k A_k with w_k = Σ_ij α_k(i,j) max(g_k(i,j), 0); α is a function of g_k(i,j) and S_k = Σ_ij A_k. */
function plusPlus({ A, g, k }: LayerView, alpha: (g: number, S: number) => number) {
  const sums = k.spatialSum(A);
  const positions = g.height * g.width;
  const weights = sums.map((S, channel) => {
    let weight = 0;
    for (let at = channel * positions; at < (channel + 1) * positions; at++) {
      if (g.data[at] > 0) weight += alpha(g.data[at], S) * g.data[at];
    }
    return weight;
  });
  return k.weightedSum(A, weights);
}

/** α = g² / (2g² + S·g³) = 1 / (2 + S·g): the paper's eq. 19 with nothing added to the denominator. */
function exactAlpha({ warn }: LayerView): (g: number, S: number) => number {
  let warned = false;
  return (g, S) => {
    const denominator = 2 + S * g;
    if (Math.abs(denominator) < 1e-3 && !warned) {
      warned = true;
      warn(
        'A Grad-CAM++ weight divides by almost zero (2 + S·g), since activations here are negative: do not trust this map; use gradcam or layercam.',
      );
    }
    return denominator === 0 ? 0 : 1 / denominator;
  };
}

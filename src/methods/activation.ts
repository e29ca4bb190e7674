import { positionsOf } from '../kernels/index.ts';
import { channelSums } from './arrays.ts';
import { type LayerMethod, layerMethod, type LayerView } from './method.ts';

/** Methods that weight activations without gradients. */
export const ACTIVATION_METHODS: Readonly<Record<'cam' | 'fem' | 'randomcam', LayerMethod>> = {
  cam: layerMethod({
    title: 'CAM',
    paper: 'Zhou et al. 2016, Learning Deep Features for Discriminative Localization, arXiv:1512.04150',
    about: 'Activations weighted by the linear classifier after the global average pooling.',
    when: 'On networks with that head, to verify Grad-CAM, which equals CAM there up to scale.',
    needs: ['activations', 'classifier'],
    signedIn: ['torch-cam'],
    map: ({ A, classifier, k }) => k.weightedSum(A, classifier),
  }),
  fem: layerMethod({
    title: 'FEM',
    paper:
      'Fuad et al. 2020, Features Understanding in 3D CNNs for Actions Recognition in Video, hal-02963298',
    about:
      'Channels weighted by how many of their positions stand out (two standard deviations above the mean).',
    when: 'Like Eigen-CAM, to see what stands out regardless of the class.',
    needs: ['activations'],
    map: (view) => view.k.weightedSum(view.A, outstanding(view, 2)),
  }),
  randomcam: layerMethod({
    title: 'Random CAM',
    paper: 'Gildenblat et al. 2021, pytorch-grad-cam',
    about: 'Random weights: activations without an explanation.',
    when: 'As a baseline: a method that does no better explains nothing.',
    needs: ['activations'],
    map: ({ A, k, random }) => {
      const { uniform } = random();
      return k.weightedSum(
        A,
        Float32Array.from({ length: A.channels }, () => 2 * uniform() - 1),
      );
    },
  }),
};

/** w_k = share of positions with A_k > μ_k + κ σ_k. */
function outstanding({ A, k }: LayerView<'activations'>, kappa: number): Float32Array {
  const positions = positionsOf(A);
  const means = k.spatialMean(A);
  const variances = channelSums(A, (value, channel) => (value - means[channel]) ** 2 / positions);
  const thresholds = means.map((mean, channel) => mean + kappa * Math.sqrt(variances[channel]));
  return channelSums(A, (value, channel) => Number(value > thresholds[channel]) / positions);
}

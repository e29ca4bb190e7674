import type { Plane } from '../kernels/volume.ts';
import { scores, type LayerMethod, type LayerView, type Steps } from './method.ts';

/** Methods that look again at changed inputs. */
export const PERTURBATION_METHODS: Readonly<Record<string, LayerMethod>> = {
  scorecam: {
    title: 'Score-CAM',
    paper: 'Wang et al. 2020, arXiv:1910.01279',
    about: 'Channels weighted by the score of the image seen through each of them: no gradient is used.',
    level: 'layer',
    needs: ['activations'],
    map: (view) => scoreCam(view, varying(view)),
    compat: {
      'pytorch-grad-cam': (view) => scoreCam(view, all(view), { alignCorners: true, epsilon: 1e-8 }),
      'torch-cam': (view) => scoreCam(view, all(view), { order: 'normalize-resize', epsilon: 1e-8 }),
    },
  },
};

type MaskOptions = Parameters<LayerView['k']['maskInputs']>[3];

/**
 * w = softmax over channels of the masked inputs' scores (eq. 7 with eq. 5; the score of the baseline is the same for
 * every channel and cancels). Channels left out have weight 0.
 */
function* scoreCam({ A, input, k }: LayerView, channels: number[], options?: MaskOptions): Steps<Plane> {
  const found = yield* scores(channels.length, (from, to) =>
    k.maskInputs(input, A, channels.slice(from, to), options),
  );
  const top = found.reduce((a, b) => Math.max(a, b), -Infinity);
  const powers = found.map((score) => Math.exp(score - top));
  const sum = powers.reduce((a, b) => a + b, 0);
  const weights = new Float32Array(A.channels);
  channels.forEach((channel, i) => (weights[channel] = powers[i] / sum));
  return k.weightedSum(A, weights);
}

const all = ({ A }: LayerView): number[] => Array.from({ length: A.channels }, (_, channel) => channel);

/** Channels that are not constant over space: a constant one masks nothing in particular. */
function varying(view: LayerView): number[] {
  const { A, warn } = view;
  const positions = A.height * A.width;
  const found = all(view).filter((channel) => {
    const plane = A.data.subarray(channel * positions, (channel + 1) * positions);
    return plane.some((value) => value !== plane[0]);
  });
  if (found.length === 0)
    warn('Every channel of this layer is constant over space: there is nothing to mask with.');
  return found;
}

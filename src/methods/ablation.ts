import { type Plane, positionsOf, type Volume } from '../kernels/index.ts';
import { indices, minimum, mostVarying } from './arrays.ts';
import type { Steps } from './ask.ts';
import { type LayerMethod, layerMethod, type LayerView } from './method.ts';

/** Methods that remove channels. */
export const ABLATION_METHODS: Readonly<Record<'ablationcam', LayerMethod>> = {
  ablationcam: layerMethod({
    title: 'Ablation-CAM',
    paper: 'Desai & Ramaswamy 2020, doi:10.1109/WACV45572.2020.9093360',
    about: 'Channels weighted by how much the score drops without them; needs no gradient.',
    when: 'When gradients vanish or mislead. Cheap, since only the model after the layer runs.',
    needs: ['activations'],
    asks: { headScores: 'C' },
    // The paper divides by y; |y| keeps a negative score from flipping the sign of the map.
    map: (view) => ablate(view, Math.abs(view.score), () => 0),
    compat: {
      'pytorch-grad-cam': (view) => ablate(view, view.score, sinking(view.A)),
    },
  }),
};

/** w_k = (y − y_k) / y, where y_k is the score with channel k set to a value: eq. 3 of the paper. */
function* ablate(
  view: LayerView<'activations', 'headScores'>,
  divisor: number,
  value: (turn: number) => number,
): Steps<Plane> {
  const { A, k, score, headScores } = view;
  const positions = positionsOf(A);
  const channels = mostVarying(view, indices(A.channels));
  const scores = yield* headScores(channels.length, (from, to) => {
    const batch = new Float32Array((to - from) * A.data.length);
    for (let n = from; n < to; n++) {
      const start = (n - from) * A.data.length;
      batch.set(A.data, start);
      const at = start + channels[n] * positions;
      batch.fill(value(n), at, at + positions);
    }
    return batch;
  });
  const weights = new Float32Array(A.channels);
  channels.forEach((channel, i) => (weights[channel] = divisor === 0 ? 0 : (score - scores[i]) / divisor));
  return k.weightedSum(A, weights);
}

/** pytorch-grad-cam's batch size. */
const BATCH = 32;

/** pytorch-grad-cam's values: in each batch, every ablated channel is set 10⁷ below the previous one. */
function sinking({ data }: Volume): (turn: number) => number {
  const low = minimum(data);
  return (turn) => (low === 0 ? 0 : low - 1e7 * ((turn % BATCH) + 1));
}

import type { Plane } from '../kernels/volume.ts';
import { mostVarying } from './mask.ts';
import type { LayerMethod, LayerView } from './method.ts';
import { headScores, type Steps } from './request.ts';

/** Methods that take channels away. */
export const ABLATION_METHODS: Readonly<Record<string, LayerMethod>> = {
  ablationcam: {
    title: 'Ablation-CAM',
    paper: 'Desai & Ramaswamy 2020, doi:10.1109/WACV45572.2020.9093360',
    about: 'Channels weighted by how much the score falls without them: no gradient is used.',
    when: 'Where gradients vanish or mislead; cheap here, since only what lies behind the layer is run.',
    cost: 'C forwards of the head',
    runs: 'own',
    level: 'layer',
    needs: ['activations', 'head'],
    // The paper divides by y; |y| is the same but that a negative score does not turn the map over.
    map: (view) => ablate(view, Math.abs(view.score), () => 0),
    compat: {
      'pytorch-grad-cam': (view) => ablate(view, view.score, sinking(view)),
    },
  },
};

/** w_k = (y − y_k) / y, where y_k is the score with channel k set to a value: the paper's eq. 3. */
function* ablate(view: LayerView, divisor: number, value: (turn: number) => number): Steps<Plane> {
  const { A, k, score } = view;
  const positions = A.height * A.width;
  const channels = mostVarying(view, [...Array(A.channels).keys()]);
  const found = yield* headScores(channels.length, (from, to) => {
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
  channels.forEach((channel, i) => (weights[channel] = divisor === 0 ? 0 : (score - found[i]) / divisor));
  return k.weightedSum(A, weights);
}

/** Its batches: in each, every ablated channel sinks by 10⁷ below the one before. */
const BATCH = 32;

function sinking({ A }: LayerView): (turn: number) => number {
  const low = A.data.reduce((a, b) => Math.min(a, b), Infinity);
  return (turn) => (low === 0 ? 0 : low - 1e7 * ((turn % BATCH) + 1));
}

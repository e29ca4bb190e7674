import type { Volume } from '../kernels/volume.ts';
import type { AttentionView, InputMethod, InputView } from './method.ts';
import { attentionGradient, type Steps } from './request.ts';

/** Methods for vision transformers. N tokens: the first few are class and register tokens, the others the picture. */
export const ATTENTION_METHODS: Readonly<Record<string, InputMethod>> = {
  legrad: {
    title: 'LeGrad',
    paper: 'Bousselham et al. 2024, arXiv:2404.03214',
    about: "Positive gradients of each layer's own score by its attention: where attending more would help.",
    when: 'First, on vision transformers.',
    cost: 'L × (1 forward + 1 backward of the head + 1 backward of a block)',
    runs: 'own',
    level: 'input',
    shows: 'heatmap',
    collapse: 'sum',
    needs: ['attention', 'attention-gradients'],
    map: layerGradients,
  },
  rollout: {
    title: 'Attention rollout',
    paper: 'Abnar & Zuidema 2020, arXiv:2005.00928',
    about: 'Attention multiplied through all layers: where information could come from, whatever the class.',
    when: 'To see where a transformer looks at all; it knows nothing of classes.',
    cost: 'none',
    level: 'input',
    shows: 'heatmap',
    collapse: 'sum',
    needs: ['attention'],
    map: ({ attention }) => picture(rollOut(attention), attention),
  },
};

/** mean over layers, heads and queries of max(∂s^l/∂A^l, 0). */
function* layerGradients({ attention }: InputView): Steps<Volume> {
  const { layers } = attention;
  const sums = new Float32Array(layers[0].width);
  for (let l = 0; l < layers.length; l++) {
    const { data, channels, height, width } = yield* attentionGradient(l, [l, layers.length]);
    const share = 1 / (layers.length * channels * height);
    data.forEach((value, at) => (sums[at % width] += Math.max(value, 0) * share));
  }
  return picture(sums, attention);
}

/** Ā = ½ mean over heads of A + ½ I, multiplied from the last layer to the first; the row of what is read out. */
function rollOut({ layers, prefix }: AttentionView): Float32Array {
  const N = layers[0].width;
  // The class token is read out; without one, the mean of all.
  let row = Float32Array.from({ length: N }, (_, i) => (prefix > 0 ? Number(i === 0) : 1 / N));
  for (const { data, channels } of layers.toReversed()) {
    const next = row.map((value) => value / 2);
    data.forEach((probability, at) => {
      next[at % N] += (row[Math.floor(at / N) % N] * probability) / (2 * channels);
    });
    row = next;
  }
  return row;
}

/** The tokens of the picture as a map [1, h, w]. */
const picture = (tokens: Float32Array, { prefix, height, width }: AttentionView): Volume => ({
  data: tokens.slice(prefix, prefix + height * width),
  channels: 1,
  height,
  width,
});

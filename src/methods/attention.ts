import { extentOf, positionsOf, type Volume } from '../kernels/index.ts';
import type { Steps } from './ask.ts';
import { type AttentionMaps, type InputMethod, inputMethod, type InputView } from './method.ts';

/** Methods for vision transformers. The first of the N tokens are class and register tokens, the rest the image. */
export const ATTENTION_METHODS: Readonly<Record<'legrad' | 'rollout', InputMethod>> = {
  legrad: inputMethod({
    title: 'LeGrad',
    paper: 'Bousselham et al. 2024, arXiv:2404.03214',
    about:
      "Positive gradients of each layer's score with respect to its attention: where more attention would help.",
    when: 'First, on vision transformers.',
    shows: 'heatmap',
    collapse: 'sum',
    needs: ['attention'],
    asks: { attentionGradient: 'L' },
    map: layerGradients,
  }),
  rollout: inputMethod({
    title: 'Attention rollout',
    paper: 'Abnar & Zuidema 2020, arXiv:2005.00928',
    about:
      'Attention multiplied through all layers: possible sources of information, regardless of the class.',
    when: 'To see where a transformer looks at all; independent of the class.',
    shows: 'heatmap',
    collapse: 'sum',
    needs: ['attention'],
    map: ({ attention }) => imageTokens(rollOut(attention), attention),
  }),
};

/** mean over layers, heads and queries of max(∂s^l/∂A^l, 0). */
function* layerGradients({
  attention,
  attentionGradient,
}: InputView<'attention', 'attentionGradient'>): Steps<Volume> {
  const { layers } = attention;
  const sums = new Float32Array(layers[0].width);
  for (let l = 0; l < layers.length; l++) {
    const { data, channels, height, width } = yield* attentionGradient(l);
    const share = 1 / (layers.length * channels * height);
    data.forEach((value, at) => (sums[at % width] += Math.max(value, 0) * share));
  }
  return imageTokens(sums, attention);
}

/** Ā = ½ mean over heads of A + ½ I, multiplied from the last layer to the first; returns the output token's row. */
function rollOut({ layers, prefix }: AttentionMaps): Float32Array {
  const N = layers[0].width;
  // The output token is the class token; without one, the mean of all.
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

/** The tokens of the image as a map [1, h, w]. */
const imageTokens = (tokens: Float32Array, attention: AttentionMaps): Volume => ({
  ...extentOf(attention),
  data: tokens.slice(attention.prefix, attention.prefix + positionsOf(attention)),
  channels: 1,
});

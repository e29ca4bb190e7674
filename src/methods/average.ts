import type { Volume } from '../kernels/index.ts';
import { spanOf } from './arrays.ts';
import type { Steps } from './ask.ts';
import { type InputMethod, inputMethod, type InputView } from './method.ts';

/** Methods that average gradients over many inputs. */
export const AVERAGE_METHODS: Readonly<
  Record<'smoothgrad' | 'squaregrad' | 'vargrad' | 'integrated-gradients', InputMethod>
> = {
  smoothgrad: inputMethod({
    title: 'SmoothGrad',
    paper: 'Smilkov et al. 2017, arXiv:1706.03825',
    about: 'Gradient averaged over noisy copies of the image, which cancels its noise.',
    when: 'Instead of saliency, if time allows.',
    shows: 'heatmap',
    needs: [],
    asks: { inputGradient: 'N' },
    samples: 50,
    map: (view) => overNoise(view, (moments) => moments.mean),
  }),
  squaregrad: inputMethod({
    title: 'SquareGrad',
    paper: 'Hooker et al. 2019, arXiv:1806.10758 (SmoothGrad-Squared)',
    about:
      'Squared gradient averaged over noisy copies of the image: what moves the score in either direction.',
    when: "For sharper maps than SmoothGrad; the best in the paper's retraining test.",
    shows: 'heatmap',
    needs: [],
    asks: { inputGradient: 'N' },
    samples: 50,
    map: (view) => overNoise(view, (moments) => moments.square),
  }),
  vargrad: inputMethod({
    title: 'VarGrad',
    paper: 'Adebayo et al. 2018, arXiv:1810.03307',
    about: 'Variance of the gradient over noisy copies of the image: where the gradient is uncertain.',
    when: 'Alongside SquareGrad, which is similar.',
    shows: 'heatmap',
    needs: [],
    asks: { inputGradient: 'N' },
    samples: 50,
    map: (view) =>
      overNoise(view, ({ mean, square }, n) =>
        square.map((value, at) => Math.max(value - mean[at] ** 2, 0) * (n / Math.max(n - 1, 1))),
      ),
  }),
  'integrated-gradients': inputMethod({
    title: 'Integrated gradients',
    paper: 'Sundararajan et al. 2017, arXiv:1703.01365',
    about: "Each pixel's share of the score, along the straight line from a baseline to the image.",
    when: 'When shares must add up to the score; `completeness` reports how closely they do.',
    shows: 'heatmap',
    collapse: 'total',
    needs: [],
    asks: { inputGradient: 'N', scores: 1 },
    samples: 50,
    map: integrate,
  }),
};

/** Standard deviation of the noise as a share of the input's range, within the paper's 10 to 20 %. */
const NOISE_SHARE_OF_RANGE = 0.15;

interface Moments {
  readonly mean: Float32Array;
  readonly square: Float32Array;
}

function* overNoise(
  { input, samples, random, inputGradient }: InputView<never, 'inputGradient'>,
  of: (moments: Moments, n: number) => Float32Array,
): Steps<Volume> {
  const { normal } = random();
  const span = spanOf(input.data);
  const moments: Moments = {
    mean: new Float32Array(input.data.length),
    square: new Float32Array(input.data.length),
  };
  for (let i = 0; i < samples; i++) {
    const { data } = yield* inputGradient(
      input.data.map((value) => value + NOISE_SHARE_OF_RANGE * span * normal()),
    );
    data.forEach((g, at) => {
      moments.mean[at] += g / samples;
      moments.square[at] += (g * g) / samples;
    });
  }
  return { ...input, data: of(moments, samples) };
}

/** Error, as a share of the score's change, that triggers a warning. */
const GAP = 0.05;

/** (x − x') ∘ ∫ ∂y/∂x (x' + t (x − x')) dt over t in [0, 1], by the midpoint rule: eq. 1 and 3. */
function* integrate({
  input,
  samples,
  score,
  baseline,
  inputGradient,
  scores,
  warn,
  measure,
}: InputView<never, 'inputGradient' | 'scores'>): Steps<Volume> {
  const from = baseline('zero');
  const sum = new Float64Array(input.data.length);
  for (let i = 0; i < samples; i++) {
    const t = (i + 0.5) / samples;
    const { data } = yield* inputGradient(from.map((value, at) => value + t * (input.data[at] - value)));
    data.forEach((g, at) => (sum[at] += g / samples));
  }
  const data = Float32Array.from(sum, (g, at) => g * (input.data[at] - from[at]));
  const change = score - (yield* scores(1, () => from))[0];
  const share = data.reduce((a, b) => a + b, 0) / (change || 1);
  measure('completeness', share);
  if (Math.abs(share - 1) > GAP) {
    warn(
      `The shares add up to ${(100 * share).toFixed(1)} % of the score's change from the baseline. Use more than ${samples} samples.`,
    );
  }
  return { ...input, data };
}

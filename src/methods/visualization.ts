import type { Volume } from '../kernels/index.ts';
import type { Steps } from './ask.ts';
import { blurred } from './blur.ts';
import { type InputMethod, inputMethod, type InputView } from './method.ts';

/** Root mean square of one step, in units of the normalized input. */
const RATE = 0.1;
const DECAY = 0.01;
/** Standard deviation of the blur in pixels, at the first and last step. */
const BLUR = [5, 1.5] as const;

/** Methods that generate an image instead of explaining one. */
export const VISUALIZATION_METHODS: Readonly<Record<'class-visualization', InputMethod>> = {
  'class-visualization': inputMethod({
    title: 'Class model visualization',
    paper: 'Simonyan et al. 2014, arXiv:1312.6034, sec. 2',
    about: 'The image most typical of a class, according to the model: argmax_I S_c(I) − λ‖I‖².',
    when: 'To see what a model has learned about a class; needs no image.',
    shows: 'image',
    needs: [],
    asks: { inputGradient: 'N' },
    samples: 100,
    map: ascend,
  }),
};

/**
 * Gradient ascent from the zero image. Steps have a fixed length, since the magnitude of ∂S/∂I is arbitrary, and are
 * blurred, less and less, since plain gradients add up to grain (Yosinski et al. 2015, arXiv:1506.06579, sec. 4).
 */
function* ascend({ input, samples, inputGradient }: InputView<never, 'inputGradient'>): Steps<Volume> {
  const image = new Float32Array(input.data.length);
  for (let step = 0; step < samples; step++) {
    const gradient = yield* inputGradient(image.slice());
    const g = blurred(gradient, BLUR[0] * (BLUR[1] / BLUR[0]) ** (step / samples)).data;
    const size = Math.sqrt(g.reduce((sum, v) => sum + v * v, 0) / g.length);
    if (size === 0) break;
    for (let i = 0; i < image.length; i++) image[i] += RATE * (g[i] / size) - 2 * DECAY * image[i];
  }
  return { ...input, data: image };
}

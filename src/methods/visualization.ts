import type { Volume } from '../kernels/index.ts';
import type { Steps } from './ask.ts';
import { blurred } from './blur.ts';
import { type InputMethod, inputMethod, type InputView } from './method.ts';

/** Root mean square of one step, in units of the normalized input. */
const RATE = 0.1;
const DECAY = 0.01;
/** Deviation of the blur in pixels, at the first step and at the last. */
const BLUR = [5, 1.5] as const;

/** Methods that synthesize an image instead of explaining one. */
export const VISUALIZATION_METHODS: Readonly<Record<'class-visualization', InputMethod>> = {
  'class-visualization': inputMethod({
    title: 'Class model visualization',
    paper: 'Simonyan et al. 2014, arXiv:1312.6034, sec. 2',
    about: 'The image that the model finds most typical of a class: argmax_I S_c(I) − λ‖I‖².',
    when: 'To see what a model has learned about a class; takes no image.',
    shows: 'image',
    needs: [],
    asks: { inputGradient: 'N' },
    samples: 100,
    map: ascend,
  }),
};

/**
 * Gradient ascent from the zero image. Steps have a fixed length, since the magnitude of ∂S/∂I says nothing about scale;
 * they are blurred, less and less, since the plain gradient adds up to grain (Yosinski et al. 2015, arXiv:1506.06579, sec. 4).
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

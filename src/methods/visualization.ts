import type { Volume } from '../kernels/volume.ts';
import { blurred } from './blur.ts';
import type { InputMethod, InputView } from './method.ts';
import { inputGradient, type Steps } from './request.ts';

/** Root mean square of one step in units of the normalised input. */
const RATE = 0.1;
const DECAY = 0.01;
/** Deviation of the blur in pixels, at the first step and at the last. */
const BLUR = [5, 1.5] as const;

/** Methods that make a picture instead of explaining one. */
export const VISUALIZATION_METHODS: Readonly<Record<string, InputMethod>> = {
  'class-visualization': {
    title: 'Class model visualisation',
    paper: 'Simonyan et al. 2014, arXiv:1312.6034, sec. 2',
    about: 'The picture that the model takes for the most typical of a class: argmax_I S_c(I) − λ‖I‖².',
    when: 'To see what a model has learned of a class; takes no image.',
    cost: 'N × (1 forward + 1 backward)',
    runs: 'own',
    level: 'input',
    shows: 'image',
    needs: [],
    samples: 100,
    map: ascend,
  },
};

/**
 * Gradient ascent from the zero image. Steps have a fixed length, since the size of ∂S/∂I says nothing of scale; they are
 * blurred, less and less, since the gradient alone adds up to grain (Yosinski et al. 2015, arXiv:1506.06579, sec. 4).
 */
function* ascend({ input, samples }: InputView): Steps<Volume> {
  const image = new Float32Array(input.data.length);
  for (let step = 0; step < samples; step++) {
    const found = yield* inputGradient(image.slice(), [step, samples]);
    const g = blurred(found, BLUR[0] * (BLUR[1] / BLUR[0]) ** (step / samples)).data;
    const size = Math.sqrt(g.reduce((sum, v) => sum + v * v, 0) / g.length);
    if (size === 0) break;
    for (let i = 0; i < image.length; i++) image[i] += RATE * (g[i] / size) - 2 * DECAY * image[i];
  }
  return { ...input, data: image };
}

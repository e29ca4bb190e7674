import type { Volume } from '../kernels/volume.ts';
import { inputGradient, type InputMethod, type InputView, type Steps } from './method.ts';

const STEPS = 100;
/** Root mean square of one step in units of the normalised input. */
const RATE = 0.05;
const DECAY = 0.01;

/** Methods that make a picture instead of explaining one. */
export const VISUALIZATION_METHODS: Readonly<Record<string, InputMethod>> = {
  'class-visualization': {
    title: 'Class model visualisation',
    paper: 'Simonyan et al. 2014, arXiv:1312.6034, sec. 2',
    about: 'The picture that the model takes for the most typical of a class: argmax_I S_c(I) − λ‖I‖².',
    level: 'input',
    shows: 'image',
    needs: [],
    map: ascend,
  },
};

/** Gradient ascent from the zero image. Steps have a fixed length, since the size of ∂S/∂I says nothing of scale. */
function* ascend({ input }: InputView): Steps<Volume> {
  const image = new Float32Array(input.data.length);
  for (let step = 0; step < STEPS; step++) {
    const g = yield* inputGradient(image.slice(), [step, STEPS]);
    const size = Math.sqrt(g.data.reduce((sum, v) => sum + v * v, 0) / g.data.length);
    if (size === 0) break;
    for (let i = 0; i < image.length; i++) image[i] += RATE * (g.data[i] / size) - 2 * DECAY * image[i];
  }
  return { ...input, data: image };
}

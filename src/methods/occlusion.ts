import type { Kernels, Volume } from '../kernels/index.ts';
import type { Steps } from './ask.ts';
import { type InputMethod, inputMethod, type InputView } from './method.ts';
import type { Random } from './random.ts';

/** The patch is a seventh of each side, and moves by half its length. */
const PATCHES = 7;
const PLACES = 2 * PATCHES - 1;

/** Methods that hide parts of the image. */
export const OCCLUSION_METHODS: Readonly<Record<'occlusion' | 'rise', InputMethod>> = {
  occlusion: inputMethod({
    title: 'Occlusion',
    paper: 'Zeiler & Fergus 2014, arXiv:1311.2901, sec. 4.2',
    about: 'How far the score drops when a sliding patch hides each position.',
    when: 'To check a map against what the model does; needs neither gradients nor a layer.',
    shows: 'heatmap',
    collapse: 'sum',
    needs: [],
    asks: { scores: PLACES ** 2 },
    map: occlude,
  }),
  rise: inputMethod({
    title: 'RISE',
    paper: 'Petsiuk et al. 2018, arXiv:1806.07421',
    about: 'Mean of random masks, weighted by the score of the masked image.',
    when: 'Like occlusion, for regions of any shape; more masks give less grain.',
    shows: 'heatmap',
    collapse: 'sum',
    needs: [],
    asks: { scores: 'N' },
    samples: 1000,
    map: sampleMasks,
  }),
};

/** Mean of y(x) − y(x with the patch) over the patches that hide a position. */
function* occlude({ input, score, baseline, scores }: InputView<never, 'scores'>): Steps<Volume> {
  const { channels, height, width } = input;
  const hidden = baseline('mean');
  const span = (place: number, side: number): [from: number, to: number] => [
    Math.floor((place * side) / (2 * PATCHES)),
    Math.ceil(((place + 2) * side) / (2 * PATCHES)),
  ];
  const covered = (patch: number, visit: (at: number) => void): void => {
    const [top, bottom] = span(Math.floor(patch / PLACES), height);
    const [left, right] = span(patch % PLACES, width);
    for (let y = top; y < bottom; y++) for (let x = left; x < right; x++) visit(y * width + x);
  };
  const found = yield* scores(PLACES ** 2, (from, to) => {
    const batch = new Float32Array((to - from) * input.data.length);
    for (let n = 0; n < to - from; n++) {
      const start = n * input.data.length;
      batch.set(input.data, start);
      covered(from + n, (at) => {
        for (let c = 0; c < channels; c++) {
          const place = c * height * width + at;
          batch[start + place] = hidden[place];
        }
      });
    }
    return batch;
  });
  const data = new Float32Array(height * width);
  const counts = new Float32Array(height * width);
  found.forEach((y, patch) =>
    covered(patch, (at) => {
      data[at] += score - y;
      counts[at]++;
    }),
  );
  return { data: data.map((value, at) => value / counts[at]), channels: 1, height, width };
}

/** Cells per side of a mask, and the probability of an open cell. */
const CELLS = 7;
const OPEN = 0.5;

/**
 * S = Σ_i p(x ∘ M_i) M_i / (N p): masks of random cells, upsampled and shifted at random, and the class probability
 * (eq. 6).
 */
function* sampleMasks({ input, k, samples, random, scores }: InputView<never, 'scores'>): Steps<Volume> {
  const { height, width } = input;
  const size = height * width;
  const found = yield* scores(
    samples,
    (from, to) => {
      const batch = new Float32Array((to - from) * input.data.length);
      for (let n = from; n < to; n++) {
        const mask = randomMask(random(n), height, width, k);
        const start = (n - from) * input.data.length;
        for (let at = 0; at < input.data.length; at++) batch[start + at] = input.data[at] * mask[at % size];
      }
      return batch;
    },
    'probability',
  );
  const data = new Float32Array(size);
  found.forEach((probability, n) => {
    const mask = randomMask(random(n), height, width, k); // generated again to save memory
    for (let at = 0; at < size; at++) data[at] += (probability / (samples * OPEN)) * mask[at];
  });
  return { data, channels: 1, height, width };
}

function randomMask({ uniform }: Random, height: number, width: number, k: Kernels): Float32Array {
  const side = CELLS + 1;
  const cells = Float32Array.from({ length: side * side }, () => Number(uniform() < OPEN));
  const [down, across] = [uniform(), uniform()];
  return k.resample({ data: cells, height: side, width: side }, height, width, {
    y: { scale: CELLS / height, offset: down },
    x: { scale: CELLS / width, offset: across },
  }).data;
}

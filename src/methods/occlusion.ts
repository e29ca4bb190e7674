import {
  type Axis,
  type Extent,
  extentOf,
  type Kernels,
  positionsOf,
  type Volume,
} from '../kernels/index.ts';
import type { Steps } from './ask.ts';
import { type InputMethod, inputMethod, type InputView } from './method.ts';
import type { Random } from './random.ts';

/** The patch is a seventh of each side (a quarter in a volume, to limit the runs), and moves by half its length. */
const PATCHES = 7;
const PATCHES_OF_VOLUME = 4;

/** Number of overlapping patches along a side. */
const placesOn = (patches: number): number => 2 * patches - 1;

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
    asks: { scores: placesOn(PATCHES) ** 2 },
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
  const hidden = baseline('mean');
  const size = positionsOf(input);
  const patches = patchesOf(input);
  const found = yield* scores(patches.length, (from, to) => {
    const batch = new Float32Array((to - from) * input.data.length);
    for (let n = 0; n < to - from; n++) {
      const start = n * input.data.length;
      batch.set(input.data, start);
      visit(patches[from + n], input, (at) => {
        for (let place = at; place < input.data.length; place += size) batch[start + place] = hidden[place];
      });
    }
    return batch;
  });
  const data = new Float32Array(size);
  const counts = new Float32Array(size);
  found.forEach((y, patch) =>
    visit(patches[patch], input, (at) => {
      data[at] += score - y;
      counts[at]++;
    }),
  );
  return { ...extentOf(input), data: data.map((value, at) => value / counts[at]), channels: 1 };
}

/** A range of positions along a side. */
type Span = readonly [from: number, to: number];

/** Spans of slices, rows and columns. */
type Patch = readonly [Span, Span, Span];

/** All patches, column by column; a side of one position is hidden as a whole. */
function patchesOf({ depth = 1, height, width }: Extent): Patch[] {
  const count = depth > 1 ? PATCHES_OF_VOLUME : PATCHES;
  const [slices, rows, columns] = [depth, height, width].map((side) =>
    Array.from({ length: side > 1 ? placesOn(count) : 1 }, (_, place): Span =>
      side > 1
        ? [Math.floor((place * side) / (2 * count)), Math.ceil(((place + 2) * side) / (2 * count))]
        : [0, 1],
    ),
  );
  return slices.flatMap((z) => rows.flatMap((y) => columns.map((x): Patch => [z, y, x])));
}

function visit([slices, rows, columns]: Patch, { height, width }: Extent, each: (at: number) => void): void {
  for (let z = slices[0]; z < slices[1]; z++) {
    for (let y = rows[0]; y < rows[1]; y++)
      for (let x = columns[0]; x < columns[1]; x++) each((z * height + y) * width + x);
  }
}

/** Cells per side of a mask, and the probability of an open cell. */
const CELLS = 7;
const OPEN = 0.5;

/**
 * S = Σ_i p(x ∘ M_i) M_i / (N p): masks of random cells, upsampled and shifted at random, and the class probability
 * (eq. 6).
 */
function* sampleMasks({ input, k, samples, random, scores }: InputView<never, 'scores'>): Steps<Volume> {
  const size = positionsOf(input);
  const found = yield* scores(
    samples,
    (from, to) => {
      const batch = new Float32Array((to - from) * input.data.length);
      for (let n = from; n < to; n++) {
        const mask = randomMask(random(n), input, k);
        const start = (n - from) * input.data.length;
        for (let at = 0; at < input.data.length; at++) batch[start + at] = input.data[at] * mask[at % size];
      }
      return batch;
    },
    'probability',
  );
  const data = new Float32Array(size);
  found.forEach((probability, n) => {
    const mask = randomMask(random(n), input, k); // generated again to save memory
    for (let at = 0; at < size; at++) data[at] += (probability / (samples * OPEN)) * mask[at];
  });
  return { ...extentOf(input), data, channels: 1 };
}

/** Open and closed cells with soft edges. One more than fit, so that they can be shifted; a side of one position has one. */
function randomMask({ uniform }: Random, { depth = 1, height, width }: Extent, k: Kernels): Float32Array {
  const sides = [depth, height, width];
  const [slices, rows, columns] = sides.map((side) => (side > 1 ? CELLS + 1 : 1));
  const cells = Float32Array.from({ length: slices * rows * columns }, () => Number(uniform() < OPEN));
  const [z, y, x] = sides.map((side): Axis =>
    side > 1 ? { scale: CELLS / side, offset: uniform() } : { scale: 1, offset: 0 },
  );
  return k.resample(
    { data: cells, depth: slices, height: rows, width: columns },
    { depth, height, width },
    { z, y, x },
  ).data;
}

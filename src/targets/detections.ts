import type { Box } from '../image/resize.ts';
import type { BoxForm, CandidateField, Detector } from '../network/detectors/detector.ts';
import { cellOf } from '../network/detectors/grid.ts';
import type { FloatTensor } from '../runtime/tensor.ts';
import type { ClassScore, Ranking } from './classes.ts';

/** A candidate of a detector. */
export interface Candidate {
  readonly class: number;
  /** Score of the class, 0 to 1: times the objectness, if the detector has one. */
  readonly score: number;
  /** In pixels of the model's input. */
  readonly box: Box;
  /** The score is their product. */
  readonly factors: readonly ScoreFactor[];
}

/** A number of the output, by its offset, to a power. */
export interface ScoreFactor {
  readonly at: number;
  readonly power: number;
}

/** A detector's outputs for one image. */
export interface Candidates {
  readonly detector: Detector;
  readonly values: ReadonlyMap<string, FloatTensor>;
}

/** Of boxes of a class that overlap more than this, the best is kept. */
const MAX_OVERLAP = 0.45;
/** Limit on detections. */
const MAX_DETECTIONS = 300;

/** Computes a result once per key. */
function remembered<Key extends object, Result>(work: (key: Key) => Result): (key: Key) => Result {
  const known = new WeakMap<Key, Result>();
  return (key) => {
    const found = known.get(key) ?? work(key);
    known.set(key, found);
    return found;
  };
}

/**
 * The detections, best first: candidates from its threshold, after non-maximum suppression of each class with an overlap
 * (intersection over union) of 0.45, unless the model suppresses them itself.
 */
export const detectionsIn: (candidates: Candidates) => readonly Candidate[] = remembered(
  (candidates: Candidates) => {
    const kept: Candidate[] = [];
    // Candidates that name their classes have passed the model's own suppression, or need none.
    const isSuppressed = candidates.detector.labels !== undefined;
    const sorted = bestOfEach(candidates)
      .filter(({ score }) => score >= candidates.detector.threshold)
      .sort((a, b) => b.score - a.score);
    for (const one of sorted) {
      if (kept.length === MAX_DETECTIONS) break;
      if (isSuppressed || !kept.some((other) => covers(other, one))) kept.push(one);
    }
    return kept;
  },
);

/** The strongest candidate of a class, below any threshold; undefined if there is none. */
export function strongest(candidates: Candidates, index?: number): Candidate | undefined {
  const found = index === undefined ? bestOfEach(candidates) : candidatesOfClass(candidates, index);
  // Rows without a score fill the place of detections.
  const scored = candidates.detector.labels ? found.filter(({ score }) => score > 0) : found;
  return scored.reduce<Candidate | undefined>(
    (best, one) => (best && best.score >= one.score ? best : one),
    undefined,
  );
}

/** The classes of the detections by their strongest candidates. */
export function rankDetections(candidates: Candidates, labels: readonly string[]): Ranking {
  const scored = (index: number, score: number): ClassScore => ({
    index,
    label: labels[index] ?? String(index),
    probability: score,
    logit: score,
  });
  const { detector, values } = candidates;
  return {
    finite: values.get(detector.scores.output)!.data.every(Number.isFinite),
    of: (index) => scored(index, strongest(candidates, index)?.score ?? 0),
    best(count) {
      const classes = new Map<number, ClassScore>();
      for (const { class: index, score } of detectionsIn(candidates))
        if (!classes.has(index)) classes.set(index, scored(index, score));
      return [...classes.values()].slice(0, count);
    },
  };
}

const candidateIndices = ({ candidates }: Detector): number[] => [...Array(candidates).keys()];

function bestOfEach(candidates: Candidates): Candidate[] {
  const { detector, values } = candidates;
  const { classes, labels, scores, background } = detector;
  return candidateIndices(detector).map((i) => {
    if (labels) return candidateAt(candidates, i, labelAt(values, labels, i), 0);
    let best = Number(background ?? false);
    for (let c = best + 1; c < classes!; c++)
      if (numberAt(values, scores, i, c) > numberAt(values, scores, i, best)) best = c;
    return candidateAt(candidates, i, best, best);
  });
}

function candidatesOfClass(candidates: Candidates, index: number): Candidate[] {
  const { detector, values } = candidates;
  const { labels } = detector;
  return candidateIndices(detector).flatMap((i) => {
    if (labels === undefined) return candidateAt(candidates, i, index, index);
    return labelAt(values, labels, i) === index ? candidateAt(candidates, i, index, 0) : [];
  });
}

function candidateAt(candidates: Candidates, i: number, index: number, channel: number): Candidate {
  const { scores, objectness } = candidates.detector;
  const factors = [factorOf(scores, i, channel), ...(objectness ? [factorOf(objectness, i, 0)] : [])];
  return {
    class: index,
    score: scoreOfFactors(factors, candidates.values.get(scores.output)!.data),
    box: boxAt(candidates, i),
    factors,
  };
}

const factorOf = (place: CandidateField, i: number, field: number): ScoreFactor => ({
  at: offsetOf(place, i, field),
  power: place.power ?? 1,
});

/** The product of factors in an output. */
export const scoreOfFactors = (factors: readonly ScoreFactor[], data: ArrayLike<number>): number =>
  factors.reduce((product, { at, power }) => product * data[at] ** power, 1);

const offsetOf = ({ step, jump, first }: CandidateField, i: number, field = 0): number =>
  i * step + (first + field) * jump;

const numberAt = (
  values: ReadonlyMap<string, FloatTensor>,
  place: CandidateField,
  i: number,
  field = 0,
): number => values.get(place.output)!.data[offsetOf(place, i, field)];

/** A class number, which float arithmetic may have left inexact. */
const labelAt = (values: Candidates['values'], labels: CandidateField, i: number): number =>
  Math.round(numberAt(values, labels, i));

function boxAt(candidates: Candidates, i: number): Box {
  const { detector, values } = candidates;
  const numbers = [0, 1, 2, 3].map((field) => numberAt(values, detector.boxes, i, field));
  const box = decoded(candidates, i, numbers);
  return detector.angle ? uprightBox(box, numberAt(values, detector.angle, i)) : box;
}

function decoded(candidates: Candidates, i: number, numbers: readonly number[]): Box {
  const { detector } = candidates;
  const [a, b, c, d] = numbers;
  const { height, width } = detector.input;
  const { form, grid } = detector;
  const cell = grid && isInCells(candidates) ? cellOf(grid, detector.input, i) : undefined;
  if (cell && CELL_BOXES.has(form)) return CELL_BOXES.get(form)!(numbers, cell, detector.input);
  const box = form === 'corners' ? { x: a, y: b, width: c - a, height: d - b } : boxAround(a, b, c, d);
  return form !== 'yolox' && isRelative(candidates)
    ? { x: box.x * width, y: box.y * height, width: box.width * width, height: box.height * height }
    : box;
}

const boxAround = (x: number, y: number, width: number, height: number): Box => ({
  x: x - width / 2,
  y: y - height / 2,
  width,
  height,
});

/** The upright box around a box that is rotated about its center. */
function uprightBox({ x, y, width, height }: Box, angle: number): Box {
  const [cos, sin] = [Math.abs(Math.cos(angle)), Math.abs(Math.sin(angle))];
  return boxAround(x + width / 2, y + height / 2, width * cos + height * sin, width * sin + height * cos);
}

/** Largest coordinate of boxes in shares of the input: some reach beyond its edge. */
const RELATIVE = 2;

const boxNumbers = ({ detector, values }: Candidates, fields: readonly number[]) =>
  candidateIndices(detector).flatMap((i) =>
    fields.map((field) => numberAt(values, detector.boxes, i, field)),
  );

const isRelative = remembered((candidates: Candidates) =>
  boxNumbers(candidates, [0, 1, 2, 3]).every((value) => Math.abs(value) <= RELATIVE),
);

/**
 * Whether boxes are offsets in cells. YOLOX's are where the graph does not decode them: sizes are then logarithms, some
 * of them negative.
 */
const isInCells = remembered(
  (candidates: Candidates) =>
    candidates.detector.form !== 'yolox' || boxNumbers(candidates, [2, 3]).some((value) => value < 0),
);

type GridCell = NonNullable<ReturnType<typeof cellOf>>;

const logistic = (value: number): number => 1 / (1 + Math.exp(-value));

/** How offsets in a cell become a box. */
const CELL_BOXES: ReadonlyMap<
  BoxForm,
  (numbers: readonly number[], cell: GridCell, input: Detector['input']) => Box
> = new Map([
  // Sizes are logarithms in units of the stride (Ge et al. 2021, arXiv:2107.08430).
  [
    'yolox',
    ([x, y, w, h], { row, column, stride }) =>
      boxAround((x + column) * stride, (y + row) * stride, Math.exp(w) * stride, Math.exp(h) * stride),
  ],
  // Sizes are shares of the input (github.com/dog-qiuqiu/FastestDet).
  [
    'fastestdet',
    ([x, y, w, h], { row, column, stride }, { height, width }) =>
      boxAround(
        (Math.tanh(x) + column) * stride,
        (Math.tanh(y) + row) * stride,
        logistic(w) * width,
        logistic(h) * height,
      ),
  ],
]);

const covers = (kept: Candidate, one: Candidate): boolean =>
  kept.class === one.class && overlap(kept.box, one.box) > MAX_OVERLAP;

/** Intersection over union. */
function overlap(a: Box, b: Box): number {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  const shared = Math.max(0, width) * Math.max(0, height);
  const union = a.width * a.height + b.width * b.height - shared;
  return union > 0 ? shared / union : 0;
}

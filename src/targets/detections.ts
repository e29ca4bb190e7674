import type { Box } from '../image/resize.ts';
import { type CandidateField, type Detector, PYRAMIDS } from '../network/detector.ts';
import type { FloatTensor } from '../runtime/tensor.ts';
import type { ClassScore, Ranking } from './classes.ts';

/** A candidate of a detector. */
export interface Candidate {
  readonly class: number;
  /** Score of the class, 0 to 1: times the objectness, if the detector has one. */
  readonly score: number;
  /** In pixels of the model's input. */
  readonly box: Box;
  /** Offsets in the output of the numbers whose product is the score. */
  readonly factors: readonly number[];
}

/** A detector's outputs for one image. */
export interface Candidates {
  readonly detector: Detector;
  readonly values: ReadonlyMap<string, FloatTensor>;
}

/** Candidates below this score are not detections, as in the tools of the YOLO family. */
export const MIN_SCORE = 0.25;
/** Of boxes of a class that overlap more than this, the best is kept. */
const MAX_OVERLAP = 0.45;
/** Limit on detections. */
const MAX_DETECTIONS = 300;

/**
 * The detections, best first: candidates of at least 0.25, after non-maximum suppression of each class with an overlap
 * (intersection over union) of 0.45.
 */
export function detectionsIn(candidates: Candidates): Candidate[] {
  const kept: Candidate[] = [];
  const sorted = bestOfEach(candidates)
    .filter(({ score }) => score >= MIN_SCORE)
    .sort((a, b) => b.score - a.score);
  for (const one of sorted) {
    if (kept.length === MAX_DETECTIONS) break;
    const covered = kept.some(
      (other) => other.class === one.class && overlap(one.box, other.box) > MAX_OVERLAP,
    );
    if (!covered) kept.push(one);
  }
  return kept;
}

/** The strongest candidate of a class, below any threshold; undefined if there is none. */
export function strongest(candidates: Candidates, index?: number): Candidate | undefined {
  const found = index === undefined ? bestOfEach(candidates) : candidatesOfClass(candidates, index);
  return found.reduce<Candidate | undefined>(
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
    let best = Number(background);
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

function candidateAt({ detector, values }: Candidates, i: number, index: number, channel: number): Candidate {
  const { scores, objectness } = detector;
  const factors = [offsetOf(scores, i, channel), ...(objectness ? [offsetOf(objectness, i)] : [])];
  const { data } = values.get(scores.output)!;
  return {
    class: index,
    score: factors.reduce((product, at) => product * data[at], 1),
    box: boxAt(detector, values, i),
    factors,
  };
}

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

function boxAt(detector: Detector, values: ReadonlyMap<string, FloatTensor>, i: number): Box {
  const [a, b, c, d] = [0, 1, 2, 3].map((field) => numberAt(values, detector.boxes, i, field));
  const { height, width } = detector.input;
  if (detector.form === 'yolox')
    return isRaw(detector, values) ? yoloxBox(detector, i, [a, b, c, d]) : boxAround(a, b, c, d);
  const box =
    detector.form === 'center' ? boxAround(a, b, c, d) : { x: a, y: b, width: c - a, height: d - b };
  return isRelative(detector, values)
    ? { x: box.x * width, y: box.y * height, width: box.width * width, height: box.height * height }
    : box;
}

const boxAround = (x: number, y: number, width: number, height: number): Box => ({
  x: x - width / 2,
  y: y - height / 2,
  width,
  height,
});

/** Largest coordinate of boxes in shares of the input: some reach beyond its edge. */
const RELATIVE = 2;

const boxNumbers = (
  detector: Detector,
  values: ReadonlyMap<string, FloatTensor>,
  fields: readonly number[],
) =>
  candidateIndices(detector).flatMap((i) =>
    fields.map((field) => numberAt(values, detector.boxes, i, field)),
  );

const remembered = <Result>(work: (detector: Detector, values: Candidates['values']) => Result) => {
  const known = new WeakMap<Candidates['values'], Result>();
  return (detector: Detector, values: Candidates['values']): Result => {
    const found = known.get(values) ?? work(detector, values);
    known.set(values, found);
    return found;
  };
};

const isRelative = remembered((detector, values) =>
  boxNumbers(detector, values, [0, 1, 2, 3]).every((value) => Math.abs(value) <= RELATIVE),
);

/** Whether YOLOX's boxes are not decoded in the graph: sizes are then logarithms, some of them negative. */
const isRaw = remembered((detector, values) =>
  boxNumbers(detector, values, [2, 3]).some((value) => value < 0),
);

/** Cell offsets and logarithmic sizes in units of the stride (Ge et al. 2021, arXiv:2107.08430). */
function yoloxBox({ candidates, input }: Detector, i: number, [x, y, w, h]: readonly number[]): Box {
  const cellsOf = (stride: number) => Math.ceil(input.height / stride) * Math.ceil(input.width / stride);
  const strides =
    PYRAMIDS.find((one) => one.reduce((sum, stride) => sum + cellsOf(stride), 0) === candidates) ?? [];
  let before = 0;
  for (const stride of strides) {
    const columns = Math.ceil(input.width / stride);
    const cell = i - before;
    if (cell < cellsOf(stride)) {
      const [row, column] = [Math.floor(cell / columns), cell % columns];
      return boxAround((x + column) * stride, (y + row) * stride, Math.exp(w) * stride, Math.exp(h) * stride);
    }
    before += cellsOf(stride);
  }
  return boxAround(x, y, w, h);
}

/** Intersection over union. */
function overlap(a: Box, b: Box): number {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  const shared = Math.max(0, width) * Math.max(0, height);
  const union = a.width * a.height + b.width * b.height - shared;
  return union > 0 ? shared / union : 0;
}

import {
  type CandidateField,
  DEFAULT_THRESHOLD,
  type Detector,
  type DetectorEvidence,
  type InputSize,
} from './detector.ts';
import { gridOf } from './grid.ts';

/** Candidates as rows or columns of one output: [1, A, 4+C], [1, A, 5+C], [1, 4+C, A], or [1, K, 6] end to end. */
export function rowsAt(
  dims: readonly number[],
  output: string,
  input: InputSize,
  evidence: DetectorEvidence,
): Detector | undefined {
  if (dims.length !== 3 || dims[0] !== 1) return undefined;
  return endToEnd(dims, output, input, evidence) ?? overPyramid(dims, output, input, evidence);
}

/** Numbers in a row after suppression: a box, a score and a class. */
const END_TO_END = 6;
/** Usual limits on detections. */
const LIMITS: ReadonlySet<number> = new Set([100, 200, 300, 500, 1000]);

function endToEnd(
  [, candidates, fields]: readonly number[],
  output: string,
  input: InputSize,
  { certain, rotated }: DetectorEvidence,
): Detector | undefined {
  // Masks, keypoints or an angle may follow.
  const limited = LIMITS.has(candidates);
  const isEnd = fields === END_TO_END ? certain || limited : certain && limited && fields > END_TO_END;
  if (!isEnd || gridOf(candidates, input)) return undefined;
  const field = (first: number): CandidateField => ({ output, step: fields, jump: 1, first });
  return {
    candidates,
    classes: undefined,
    form: rotated ? 'center' : 'corners',
    boxes: field(0),
    scores: field(4),
    labels: field(5),
    ...(rotated && { angle: field(END_TO_END) }),
    threshold: DEFAULT_THRESHOLD,
    input,
  };
}

function overPyramid(
  [, first, last]: readonly number[],
  output: string,
  input: InputSize,
  { labels, certain, rotated }: DetectorEvidence,
): Detector | undefined {
  const [grid, gridOfColumns] = [gridOf(first, input), gridOf(last, input)];
  const fits = (fields: number) => labels > 0 && (fields - 4 === labels || fields - 5 === labels);
  const inRows = grid !== undefined && (gridOfColumns === undefined || fits(last));
  const inColumns = !inRows && gridOfColumns !== undefined;
  const byLabels = !inRows && !inColumns && (certain || labels > 0);
  const rows = inRows || (byLabels && fits(last) && first > last);
  const columns = inColumns || (byLabels && fits(first) && last > first);
  if (!rows && !columns) return undefined;
  const [candidates, fields] = rows ? [first, last] : [last, first];
  const pyramid = rows ? grid : gridOfColumns;
  const anchors = pyramid?.anchors ?? 1;
  // The angle comes last.
  const head = headOf(fields - Number(rotated), anchors, rows, labels);
  if (head === undefined) return undefined;
  const [step, jump] = rows ? [fields, 1] : [1, candidates];
  const field = (at: number): CandidateField => ({ output, step, jump, first: at });
  return {
    candidates,
    classes: labels > 0 && labels <= fields - head ? labels : fields - head - Number(rotated),
    form: rows && anchors === 1 && head === 5 ? 'yolox' : 'center',
    boxes: field(0),
    scores: field(head),
    ...(head === 5 && { objectness: field(4) }),
    ...(rotated && { angle: field(fields - 1) }),
    ...(pyramid && { grid: pyramid }),
    threshold: DEFAULT_THRESHOLD,
    input,
  };
}

/**
 * Numbers before the class scores: a box, and an objectness in YOLOv5 and YOLOX, whose candidates are rows. More follow
 * the scores in segmentation and pose models, so that only labels tell where they end.
 */
function headOf(fields: number, anchors: number, rows: boolean, labels: number): number | undefined {
  if (fields < 5) return undefined;
  if (labels > 0 && fields - 5 === labels) return 5;
  if (labels > 0 && fields - 4 >= labels) return 4;
  if (anchors > 1) return fields > 5 ? 5 : undefined;
  if (!rows) return 4;
  // COCO's 80 classes.
  return fields === 84 ? 4 : fields > 5 ? 5 : 4;
}

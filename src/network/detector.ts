import { isFloat } from '../onnx/data-type.ts';
import { OPERATORS } from '../operators/index.ts';
import { layoutOfInput } from './layout.ts';
import type { Network } from './network.ts';

/** How a box is written: center and size, or two corners; or offsets in the cells of YOLOX's grids. */
export type BoxForm = 'center' | 'corners' | 'yolox';

/** Numbers of a detector's candidates in one of its outputs: number `field` of candidate i is at i·step + field·jump. */
export interface CandidateField {
  readonly output: string;
  readonly step: number;
  readonly jump: number;
  /** The first of its fields. */
  readonly first: number;
}

/** Where a detector keeps its candidates, unfiltered or after non-maximum suppression. */
export interface Detector {
  readonly candidates: number;
  /** Number of classes; undefined if each candidate has a class of its own. */
  readonly classes: number | undefined;
  readonly form: BoxForm;
  readonly boxes: CandidateField;
  /** One score per class, or the only one. */
  readonly scores: CandidateField;
  /** A factor of all scores. */
  readonly objectness: CandidateField | undefined;
  /** The class of each candidate. */
  readonly labels: CandidateField | undefined;
  /** Whether the first class is the background: a Softmax has to leave room for it (SSD). */
  readonly background: boolean;
  /** Height and width of the input: boxes up to 1 are shares of it. */
  readonly input: { readonly height: number; readonly width: number };
}

/** What is known of a detector besides its shapes. */
export interface DetectorEvidence {
  /** Number of labels; 0 if unknown. */
  readonly labels: number;
  /** Whether its metadata or the caller say that it is one. */
  readonly certain: boolean;
}

/**
 * Recognizes a detector from its outputs: boxes and scores side by side, end-to-end rows of six numbers, or candidates
 * over the cells of a pyramid, whose number follows from the input's size. Undefined for other outputs.
 */
export function detectorAt(
  network: Network,
  input: string,
  output: string,
  evidence: DetectorEvidence,
): Detector | undefined {
  const image = layoutOfInput(network.facts.dims.get(input) ?? []);
  if (!image) return undefined;
  const pair = pairAt(network, output, image, evidence.labels);
  if (pair || !isFloat(network.facts.types.get(output))) return pair;
  return rowsAt(network, output, image, evidence);
}

type ImageSize = Detector['input'];

const BOX_NAMES = /box|bbox|\bloc/i;
const SCORE_NAMES = /score|conf|prob|logit|cls|class/i;
const LABEL_NAMES = /label|class|cls|categor/i;

/** Boxes [M, 4], scores [M] or [M, C] and perhaps labels [M] in outputs of their own, with or without a batch axis. */
function pairAt(
  network: Network,
  output: string,
  input: ImageSize,
  labelCount: number,
): Detector | undefined {
  const { model, facts } = network;
  const shapes = model.graph.outputs.map(({ name }) => {
    const dims = facts.dims.get(name) ?? [];
    return {
      name,
      dims: dims[0] === 1 && dims.length > 1 ? dims.slice(1) : dims,
      float: isFloat(facts.types.get(name)),
    };
  });
  const boxes = shapes.find(
    ({ name, dims, float }) => float && BOX_NAMES.test(name) && dims.length === 2 && dims[1] === 4,
  );
  if (!boxes) return undefined;
  const [candidates] = boxes.dims;
  const same = shapes.filter(({ dims }) => dims.length > 0 && dims[0] === candidates);
  const scores = same.find(({ name, float }) => float && name !== boxes.name && SCORE_NAMES.test(name));
  if (!scores || scores.dims.length > 2) return undefined;
  const labels = same.find(
    ({ name, dims }) => name !== scores.name && LABEL_NAMES.test(name) && dims.length === 1,
  );
  if (![boxes.name, scores.name, labels?.name].includes(output)) return undefined;
  const [, classes = 1] = scores.dims;
  if (classes > 1 && labels) return undefined;
  return {
    candidates,
    classes: labels ? undefined : classes,
    form: 'corners',
    boxes: { output: boxes.name, step: 4, jump: 1, first: 0 },
    scores: { output: scores.name, step: classes, jump: 1, first: 0 },
    objectness: undefined,
    labels: labels && { output: labels.name, step: 1, jump: 1, first: 0 },
    background: classes > 1 && labelCount !== classes && endsInSoftmax(network, scores.name),
    input,
  };
}

function endsInSoftmax({ flow }: Network, value: string): boolean {
  let node = flow.producer(value);
  while (node && OPERATORS.get(node.op)?.passes) node = flow.producer(node.inputs[0]);
  return node !== undefined && OPERATORS.get(node.op)?.link === 'softmax';
}

/** Numbers in a row after suppression: two corners, a score and a class. */
const END_TO_END = 6;
/** Usual limits on detections. */
const LIMITS: ReadonlySet<number> = new Set([100, 200, 300, 500, 1000]);

function rowsAt(
  { facts }: Network,
  output: string,
  input: ImageSize,
  { labels, certain }: DetectorEvidence,
): Detector | undefined {
  const dims = facts.dims.get(output) ?? [];
  if (dims.length !== 3 || dims[0] !== 1) return undefined;
  const [, first, last] = dims;
  const fieldOf = (step: number, jump: number, at: number): CandidateField => ({
    output,
    step,
    jump,
    first: at,
  });
  const pyramid = [first, last].map((count) => anchorsOf(count, input));
  // Masks, keypoints or an angle may follow.
  const limited = LIMITS.has(first);
  const isEnd = last === END_TO_END ? certain || limited : certain && limited && last > END_TO_END;
  if (isEnd && pyramid[0] === undefined) {
    return {
      candidates: first,
      classes: undefined,
      form: 'corners',
      boxes: fieldOf(last, 1, 0),
      scores: fieldOf(last, 1, 4),
      objectness: undefined,
      labels: fieldOf(last, 1, 5),
      background: false,
      input,
    };
  }
  const fits = (fields: number) => labels > 0 && (fields - 4 === labels || fields - 5 === labels);
  const inRows = pyramid[0] !== undefined && (pyramid[1] === undefined || fits(last));
  const inColumns = !inRows && pyramid[1] !== undefined;
  const byLabels = !inRows && !inColumns && (certain || labels > 0);
  const rows = inRows || (byLabels && fits(last) && first > last);
  const columns = inColumns || (byLabels && fits(first) && last > first);
  if (!rows && !columns) return undefined;
  const [candidates, fields] = rows ? [first, last] : [last, first];
  const anchors = pyramid[rows ? 0 : 1] ?? 1;
  const head = headOf(fields, anchors, rows, labels);
  if (head === undefined) return undefined;
  const [step, jump] = rows ? [fields, 1] : [1, candidates];
  return {
    candidates,
    classes: labels > 0 && labels <= fields - head ? labels : fields - head,
    form: rows && anchors === 1 && head === 5 ? 'yolox' : 'center',
    boxes: fieldOf(step, jump, 0),
    scores: fieldOf(step, jump, head),
    objectness: head === 5 ? fieldOf(step, jump, 4) : undefined,
    labels: undefined,
    background: false,
    input,
  };
}

/** Strides of the pyramids in use. */
export const PYRAMIDS: readonly (readonly number[])[] = [
  [8, 16, 32],
  [8, 16, 32, 64],
  [16, 32],
  [4, 8, 16, 32],
];

/** Anchors per cell if a number of candidates is that of a pyramid over the input; undefined if it is not. */
function anchorsOf(candidates: number, { height, width }: ImageSize): number | undefined {
  for (const strides of PYRAMIDS) {
    const cells = strides.reduce((sum, s) => sum + Math.ceil(height / s) * Math.ceil(width / s), 0);
    for (const anchors of [1, 3]) if (candidates === anchors * cells) return anchors;
  }
  return undefined;
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

import type { Flow } from '../onnx/flow.ts';
import type { GraphNode } from '../onnx/model.ts';
import { ACTIVATION } from '../operators/activation.ts';
import { keepsValues, OPERATORS } from '../operators/index.ts';
import type { Link } from '../operators/operator.ts';

/** Values of the `outputKind` option. */
export const OUTPUT_KINDS = ['classes', 'mask', 'detections', 'values'] as const;
/**
 * What an output holds: scores of classes, for the image or for every pixel; one mask over the image; the boxes and
 * scores of a detector; or other values, which have no probabilities (a regression, an embedding, a depth map).
 */
export type OutputKind = (typeof OUTPUT_KINDS)[number];

/** Values of the `activation` option. */
export const OUTPUT_ACTIVATIONS = ['softmax', 'sigmoid', 'none'] as const;
/** How logits become probabilities. */
export type OutputActivation = (typeof OUTPUT_ACTIVATIONS)[number];

/** An output's shape and origin, as far as its kind depends on them. */
export interface OutputEvidence {
  readonly flow: Flow;
  /** Values that are not constants. */
  readonly varying: ReadonlySet<string>;
  /** Name of the model's output, and of its logits. */
  readonly name: string;
  readonly logits: string;
  /** Whether the output picks classes from them (ArgMax). */
  readonly picked: boolean;
  /** The final Softmax or Sigmoid, if any. */
  readonly link: Link | undefined;
  /** Size of the class axis, and number of positions of each class. */
  readonly channels: number;
  readonly positions: number;
  /** Whether rows and columns of the image are the only axes: [N, H, W]. */
  readonly isPlane: boolean;
  /** Number of labels. */
  readonly labels: number;
}

/** Names that exporters give to outputs without classes. */
const NAMES_OF_VALUES =
  /embed|feature|hidden|pool|regress|depth|dispar|distance|landmark|keypoint|bbox|\bbox(es)?\b|pose|\bage\b|offset|coord|flow|normal/i;

/**
 * The kind of an output. An ArgMax, Softmax or Sigmoid at the end, or one label per class, mean classes. Otherwise names, a
 * nonlinear function at the end, a normalized vector, and a single number mean values.
 */
export function kindOfOutput(evidence: OutputEvidence): OutputKind {
  const { flow, varying, name, logits, picked, link, channels, positions, isPlane, labels } = evidence;
  const dense = positions > 1;
  if (picked) return 'classes';
  if (link !== undefined) return dense && channels === 1 ? 'mask' : 'classes';
  if (labels > 0 && labels === (channels === 1 ? 2 : channels))
    return dense && channels === 1 ? 'mask' : 'classes';
  if (channels === 1 && !dense) return 'values';
  if (isPlane || NAMES_OF_VALUES.test(name) || !endsLinear(flow, varying, logits)) return 'values';
  return dense && channels === 1 ? 'mask' : 'classes';
}

/** Whether a value may hold logits: it does not end in an activation function, a normalization, or a cosine. */
function endsLinear(flow: Flow, varying: ReadonlySet<string>, value: string): boolean {
  const node = lastNode(flow, value);
  if (!node) return false;
  const row = OPERATORS.get(node.op);
  if (Object.hasOwn(ACTIVATION, node.op) || row?.normalizes || isUnit(flow, node)) return false;
  // A product with a unit vector is a cosine, unless a scale (CLIP's 100) follows; weights may be normalized.
  return !(
    row?.weighs === 'matrix' &&
    node.inputs.some((input) => varying.has(input) && isUnit(flow, lastNode(flow, input)))
  );
}

/** The node that computes a value, before changes of shape and order. */
const lastNode = (flow: Flow, value: string): GraphNode | undefined =>
  flow.producer(flow.source(value, (node) => keepsValues(node) && !OPERATORS.get(node.op)?.bounds));

/** Whether a node divides a vector by its length. */
function isUnit(flow: Flow, node: GraphNode | undefined): boolean {
  if (node?.op === 'LpNormalization') return true;
  if (node?.op !== 'Div') return false;
  const norm = flow.producer(flow.source(node.inputs[1], ({ op }) => SAFEGUARDS.has(op)));
  return norm !== undefined && NORMS.has(norm.op);
}

/** Lengths of vectors, and what keeps them from zero or spreads them. */
const NORMS: ReadonlySet<string> = new Set(['ReduceL2', 'ReduceL1', 'Sqrt']);
const SAFEGUARDS: ReadonlySet<string> = new Set(['Clip', 'Max', 'Add', 'Expand', 'Unsqueeze', 'Cast']);

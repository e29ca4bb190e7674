import { keepsValues, OPERATORS } from '../../operators/index.ts';
import type { Link } from '../../operators/operator.ts';
import type { Network } from '../network.ts';
import {
  type BoxForm,
  type CandidateField,
  DEFAULT_THRESHOLD,
  type Detector,
  type InputSize,
} from './detector.ts';

/** Numbers of a box. */
const BOX = 4;

interface MapLayout {
  readonly form: BoxForm;
  /** Channels of the first two parts; the classes follow. */
  readonly parts: readonly [number, number];
  readonly classLink: Link;
  readonly threshold: number;
  readonly powers: { readonly objectness: number; readonly scores: number };
}

/**
 * Detectors that keep one candidate per cell of a map [1, 5+C, H, W]. FastestDet's score is objectness^0.6 · class^0.4,
 * and its threshold 0.65 (its reference implementation, github.com/dog-qiuqiu/FastestDet).
 */
const LAYOUTS: readonly MapLayout[] = [
  {
    form: 'fastestdet',
    parts: [1, BOX],
    classLink: 'softmax',
    threshold: 0.65,
    powers: { objectness: 0.6, scores: 0.4 },
  },
  {
    form: 'yolox',
    parts: [BOX, 1],
    classLink: 'sigmoid',
    threshold: DEFAULT_THRESHOLD,
    powers: { objectness: 1, scores: 1 },
  },
];

/** A map of one scale, recognized by the three parts that its channels concatenate. */
export function mapAt({ facts, flow }: Network, output: string, input: InputSize): Detector | undefined {
  const [batch, channels, height, width] = facts.dims.get(output) ?? [];
  const stride = input.height / height;
  if (batch !== 1 || width === undefined || !Number.isInteger(stride) || input.width / width !== stride)
    return undefined;
  const node = flow.producer(flow.source(output, ({ op }) => OPERATORS.get(op)?.passes === 'value'));
  if (node?.op !== 'Concat' || node.inputs.length !== 3) return undefined;
  const sizes = node.inputs.map((name) => facts.dims.get(name)?.[1]);
  const linkOf = (value: string): Link | undefined => {
    const end = flow.producer(flow.source(value, keepsValues));
    return end && OPERATORS.get(end.op)?.link;
  };
  const layout = LAYOUTS.find(
    ({ parts, classLink }) =>
      parts.every((size, i) => sizes[i] === size) &&
      linkOf(node.inputs[parts.indexOf(1)]) === 'sigmoid' &&
      linkOf(node.inputs[2]) === classLink,
  );
  if (!layout) return undefined;
  const { form, parts, powers, threshold } = layout;
  const field = (first: number, power = 1): CandidateField => ({
    output,
    step: 1,
    jump: height * width,
    first,
    power,
  });
  const before = (size: number) => (parts[0] === size ? 0 : parts[0]);
  return {
    candidates: height * width,
    classes: channels - BOX - 1,
    form,
    threshold,
    boxes: field(before(BOX)),
    scores: field(BOX + 1, powers.scores),
    objectness: field(before(1), powers.objectness),
    grid: { strides: [stride], anchors: 1 },
    input,
  };
}

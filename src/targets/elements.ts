import { CamError } from '../errors.ts';
import type { ClassOutput } from '../network/output.ts';
import type { FloatTensor } from '../runtime/tensor.ts';
import { isRecord } from '../table.ts';
import { nothingNamed, type TargetKind } from './kind.ts';
import { QUOTED, type TargetReader } from './reader.ts';
import {
  type ClassTarget,
  type ElementsTarget,
  type IndexRange,
  type Reduce,
  REDUCES,
  type Scored,
} from './target.ts';

const isReduce = (value: unknown): value is Reduce => REDUCES.some((reduce) => reduce === value);
const REDUCE = new RegExp(String.raw`(?:${REDUCES.join('|')})\s*(?=\()`, 'y');
const PLAIN_NAME = /[^\s"@,()[\]-]+/y;

/** Elements of an output: their sum, mean or maximum. */
export const ELEMENTS: TargetKind<ElementsTarget, 'elements'> = {
  key: 'index',
  keys: {
    index: {
      takes: 'a list with an integer or { from, to } for each axis',
      accepts: (value) => Array.isArray(value) && value.every(isPosition),
      required: true,
    },
    output: { takes: 'the name of an output', accepts: (value) => typeof value === 'string' && value !== '' },
    reduce: {
      takes: `one of ${REDUCES.join(', ')}`,
      choices: REDUCES,
      accepts: isReduce,
    },
  },
  syntax: {
    starts: [...REDUCES.map((reduce) => `${reduce}(`), 'output['],
    start: new RegExp(String.raw`${REDUCE.source}|(?:${QUOTED}|${PLAIN_NAME.source})\s*\[`, 'y'),
    parse: parseElements,
  },
  text: elementsText,
  files: nothingNamed,
  outputs: ({ output }) => (output === undefined ? [] : [output]),
  objective: (target, { classes }) => Promise.resolve({ kind: 'elements', ...elementsOf(target, classes) }),
  score: ({ at, reduce }, { data }) => REDUCTIONS[reduce](at, data),
};

/**
 *     elements = output "[" position { "," position } "]" | ( "sum" | "mean" | "max" ) "(" elements ")"
 *     position = integer | [ integer ] ":" [ integer ]
 *
 * `output` is the name of an output, or the word output for the explained one.
 */
function parseElements(reader: TargetReader): ElementsTarget {
  const reduce = reader.take(REDUCE)?.trim();
  return isReduce(reduce)
    ? { ...reader.inParentheses(() => parseIndexed(reader)), reduce }
    : parseIndexed(reader);
}

function parseIndexed(reader: TargetReader): ElementsTarget {
  reader.take(/\s*/y);
  const plain = reader.take(PLAIN_NAME);
  const name = plain ?? reader.quoted();
  reader.expect('[');
  const index: (number | IndexRange)[] = [];
  // The output of a single number, of shape [], has no positions: output[].
  if (!reader.sees(/\s*\]/y)) {
    index.push(parsePosition(reader));
    while (reader.take(/\s*,/y) !== undefined) index.push(parsePosition(reader));
  }
  reader.expect(']', '"," or "]"');
  return { ...(plain !== 'output' && { output: name }), index };
}

function parsePosition(reader: TargetReader): number | IndexRange {
  const from = parseInteger(reader);
  if (reader.take(/\s*:/y) === undefined) return from ?? reader.fail('an index, a range like 2:5, or ":"');
  const to = parseInteger(reader);
  return { ...(from !== undefined && { from }), ...(to !== undefined && { to }) };
}

function parseInteger(reader: TargetReader): number | undefined {
  reader.take(/\s*/y);
  const found = reader.take(/-?\d+/y);
  return found === undefined ? undefined : Number(found);
}

/** Whether it is a position along one axis: a number, or a range with optional ends. */
function isPosition(value: unknown): boolean {
  if (!isRecord(value)) return Number.isInteger(value);
  const ends = Object.entries(value);
  return ends.every(
    ([key, end]) => (key === 'from' || key === 'to') && (end === undefined || Number.isInteger(end)),
  );
}

function elementsText({ output, index, reduce }: ElementsTarget): string {
  const elements = `${outputText(output)}[${index.map(positionText).join(', ')}]`;
  return reduce ? `${reduce}(${elements})` : elements;
}

const outputText = (name: string | undefined): string => {
  if (name === undefined) return 'output';
  return new RegExp(`^${PLAIN_NAME.source}$`).test(name) && name !== 'output' ? name : JSON.stringify(name);
};

const positionText = (position: number | IndexRange): string =>
  typeof position === 'number' ? String(position) : `${position.from ?? ''}:${position.to ?? ''}`;

/**
 * Offsets of the elements, by the declared shape of the output: a Softmax or Reshape between it and the explained value
 * keeps the order.
 */
function elementsOf(
  target: ElementsTarget,
  { name, shape }: ClassOutput,
): { at: Int32Array; reduce: Reduce } {
  const text = elementsText(target);
  const refuse = (why: string): never => {
    throw new CamError('BAD_TARGET', `${text}: ${why} The output "${name}" is [${shape.join(', ')}].`, {
      option: 'target',
    });
  };
  const { index, reduce } = target;
  if (index.length !== shape.length)
    refuse(`it has ${index.length} positions for ${shape.length} axes; ":" takes a whole axis.`);
  let at = Int32Array.of(0);
  index.forEach((position, axis) => {
    const [from, to] = boundsOf(position, shape[axis]);
    const whole = Number.isInteger(from) && Number.isInteger(to);
    if (!(whole && from >= 0 && from < to && to <= shape[axis]))
      refuse(`position ${axis + 1} is out of range or empty.`);
    const taken = Int32Array.from({ length: to - from }, (_, i) => from + i);
    at = spread(at, taken, shape[axis]);
  });
  if (at.length > 1 && reduce === undefined)
    refuse(`it takes ${at.length} elements. Reduce them to one number with mean(${text}), sum or max.`);
  return { at, reduce: reduce ?? 'sum' };
}

function boundsOf(position: number | IndexRange, size: number): [from: number, to: number] {
  const whole = (value: number) => (value < 0 ? value + size : value);
  if (typeof position === 'number') return [whole(position), whole(position) + 1];
  // As in NumPy, a range may extend beyond the end.
  const { from = 0, to = size } = position;
  return [Math.max(0, whole(from)), Math.min(size, whole(to))];
}

/** Combines every offset with every position of the next axis. */
function spread(at: Int32Array, taken: Int32Array, size: number): Int32Array<ArrayBuffer> {
  const out = new Int32Array(at.length * taken.length);
  at.forEach((offset, i) =>
    taken.forEach((position, j) => (out[i * taken.length + j] = offset * size + position)),
  );
  return out;
}

/**
 * The targets of an output of values: the `count` largest of a vector, by name if there is a label for each, or the sum
 * over all positions.
 */
export function largestValues(
  { data }: FloatTensor,
  { shape, positions }: ClassOutput,
  labels: readonly string[],
  count: number,
): (ElementsTarget | ClassTarget)[] {
  if (positions > 1) return [{ index: shape.map(() => ({})), reduce: 'sum' }];
  return [...data.keys()]
    .sort((a, b) => data[b] - data[a])
    .slice(0, count)
    .map((at) => (labels.length === data.length ? { class: at } : { index: positionOf(at, shape) }));
}

/** The position along each axis of an element. */
function positionOf(at: number, shape: readonly number[]): number[] {
  let rest = at;
  return shape
    .toReversed()
    .map((size) => {
      const position = rest % size;
      rest = Math.floor(rest / size);
      return position;
    })
    .toReversed();
}

type Reduction = (at: Int32Array, data: Float32Array) => Scored;

const REDUCTIONS: Readonly<Record<Reduce, Reduction>> = {
  sum: (at, data) => weighted(at, data, 1),
  mean: (at, data) => weighted(at, data, 1 / at.length),
  // The first of the largest, since the derivative of max is not unique.
  max: (at, data) =>
    weighted(Int32Array.of(at.reduce((best, i) => (data[i] > data[best] ? i : best))), data, 1),
};

function weighted(at: Int32Array, data: Float32Array, weight: number): Scored {
  const seed = new Float32Array(data.length);
  let score = 0;
  for (const i of at) {
    seed[i] = weight;
    score += weight * data[i];
  }
  return { score, seed };
}

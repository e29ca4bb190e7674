import { CamError } from '../errors.ts';
import type { FileSource, ImageInput } from '../image/source.ts';
import { type ClassOutput, logitOf } from '../network/output.ts';
import type { FloatTensor } from '../runtime/tensor.ts';
import type { Check } from '../table.ts';
import { eachRun, held, probabilitiesOf, sums } from './classes.ts';
import { classDetection } from './detection.ts';
import { findClass } from './find-class.ts';
import { isSource, nothingNamed, type ObjectiveContext, type OutputGrid, type TargetKind } from './kind.ts';
import type { TargetReader } from './reader.ts';
import type { ClassTarget, Score, Scored } from './target.ts';
import { isFileSource, quotedText } from './text.ts';

/** A class as callers name it. */
export const CLASS_NAME: Check = {
  takes: 'a class index or label',
  accepts: (value) =>
    (typeof value === 'string' && value !== '') || (Number.isInteger(value) && (value as number) >= 0),
};

const CLASS_START = /class\s*:\s*/y;

/** A class: Σ_p m_p y_cp over the pixels p of its output, or of its probabilities. */
export const CLASS: TargetKind<ClassTarget, 'class', 'class' | 'detection'> = {
  key: 'class',
  keys: {
    class: { ...CLASS_NAME, required: true },
    over: { takes: "'all', 'predicted' or a mask: { file } or an image", accepts: isSource },
  },
  syntax: { starts: ['class:'], start: CLASS_START, parse: parseClass },
  text: (target) => `class:${quotedText(String(target.class))}${overText(target.over)}`,
  files: ({ over }) => (isFileSource(over) ? [String(over.file)] : []),
  outputs: nothingNamed,
  async objective(target, context) {
    if (context.classes.kind === 'detections') return classDetection(target, context);
    const index = indexOf(target.class, context.labels, context.classes.classes);
    const weights = await weightsOf(index, target.over, context);
    return { kind: 'class', class: index, ...(weights && { weights }) };
  },
  score: ({ class: index, weights }, output, classes, score) =>
    score === 'probability'
      ? probability(index, weights, output, classes)
      : ofClass(index, weights, output, classes),
};

/** `"class:" class [ "@" ( "all" | "predicted" | file ) ]` */
function parseClass(reader: TargetReader): ClassTarget {
  reader.take(CLASS_START);
  const name = reader.free('the index or label of a class', '@');
  const target = { class: /^\d+$/.test(name) ? Number(name) : name };
  if (reader.take(/\s*@\s*/y) === undefined) return target;
  const literal = reader.sees(/"/y);
  const over = reader.free('all, predicted or the path of a mask');
  const word = !literal && (over === 'all' || over === 'predicted');
  return { ...target, over: word ? over : { file: over } };
}

const overText = (over: ClassTarget['over']): string => {
  if (over === undefined) return '';
  if (isFileSource(over)) return `@${quotedText(String(over.file))}`;
  return over === 'all' || over === 'predicted' ? `@${over}` : '@mask';
};

function indexOf(given: number | string, labels: readonly string[], count: number): number {
  const index = typeof given === 'string' ? findClass(given, labels) : given;
  if (Number.isInteger(index) && index >= 0 && index < count) return index;
  throw new CamError(
    'UNKNOWN_CLASS',
    `Class ${index} does not exist: the model has ${count}, from 0 to ${count - 1}.`,
    { option: 'class' },
  );
}

async function weightsOf(
  index: number,
  over: 'all' | 'predicted' | FileSource | ImageInput | undefined,
  { classes, logits, mask }: ObjectiveContext,
): Promise<Float32Array | undefined> {
  if (over === undefined || over === 'all') return undefined;
  if (classes.positions === 1) {
    throw new CamError(
      'BAD_TARGET',
      `The output "${classes.name}" [${classes.shape.join(', ')}] has one score per class, not per pixel. Omit the part after @.`,
      { option: 'target' },
    );
  }
  if (over === 'predicted' && classes.kind === 'values') {
    throw new CamError(
      'BAD_TARGET',
      `The output "${classes.name}" holds values, which predict no class. Use a mask: class:0@mask.png.`,
      { option: 'target' },
    );
  }
  // Fixed by this image, so that methods that change it score the same pixels.
  if (over === 'predicted') {
    const weights = pixelsOf(index, logits, classes);
    if (weights.some((weight) => weight > 0)) return weights;
    throw new CamError(
      'BAD_TARGET',
      `No pixel of the output "${classes.name}" is predicted as class ${index}.`,
      {
        option: 'target',
      },
    );
  }
  const grid = outputGrid(classes);
  const weights = await mask(over, grid);
  if (weights.some((weight) => weight > 0)) return weights;
  throw new CamError(
    'BAD_TARGET',
    `The mask is black on all ${grid.width} x ${grid.height} pixels of the output. Paint the region to explain white.`,
    { option: 'target' },
  );
}

function pixelsOf(index: number, logits: FloatTensor, classes: ClassOutput): Float32Array {
  const { data } = held(logits, classes);
  const { channel, sign } = logitOf(classes, index);
  const own = new Float32Array(classes.positions);
  eachRun(classes, (c, at, position, length) => {
    if (c === channel) own.set(data.subarray(at, at + length), position);
  });
  return sign === 1 ? own : own.map((value) => 1 - value);
}

function outputGrid({ name, shape, dims, axis }: ClassOutput): OutputGrid {
  const [height, width, ...more] = dims.filter((_, i) => i > 0 && i !== axis);
  const isMap = dims.length === 4 || (dims.length === 3 && axis === 0);
  if (isMap && more.length === 0) return { height, width };
  throw new CamError(
    'BAD_TARGET',
    `The output "${name}" [${shape.join(', ')}] is not a map over height and width, so it does not take a mask. Select its elements instead: output[...].`,
    { option: 'target' },
  );
}

type PixelWeights = Float32Array | undefined;

function ofClass(index: number, weights: PixelWeights, { data }: FloatTensor, classes: ClassOutput): Scored {
  const { channel, sign } = logitOf(classes, index);
  const seed = new Float32Array(data.length);
  let score = 0;
  eachRun(classes, (c, at, position, length) => {
    if (c !== channel) return;
    for (let i = 0; i < length; i++) {
      const weight = sign * (weights ? weights[position + i] : 1);
      seed[at + i] = weight;
      score += weight * data[at + i];
    }
  });
  return { score, seed };
}

/** Σ_p m_p p_cp, and its derivative with respect to every logit. */
function probability(
  index: number,
  weights: PixelWeights,
  output: FloatTensor,
  classes: ClassOutput,
): Scored {
  const p = probabilitiesOf(output, classes);
  const { score, seed } = ofClass(index, weights, { ...output, data: p }, classes);
  // Σ m (1 − p) for the first of two classes with one logit, whose sum is −Σ m p.
  const rest = logitOf(classes, index).sign === 1 ? 0 : total(weights, classes);
  return { score: score + rest, seed: throughLink(seed, p, classes) };
}

const total = (weights: PixelWeights, { positions }: ClassOutput): number =>
  weights ? weights.reduce((sum, weight) => sum + weight, 0) : positions;

/** ∂s/∂y_d from w = ∂s/∂p_d, where `mean` is Σ_c w_c p_c at that position. */
const SLOPES: Readonly<Record<ClassOutput['activation'], (w: number, p: number, mean: number) => number>> = {
  softmax: (w, p, mean) => p * (w - mean),
  sigmoid: (w, p) => w * p * (1 - p),
  identity: (w) => w,
  none: (w) => w,
};

/** From ∂s/∂probabilities to ∂s/∂logits, in the output's shape. */
function throughLink(w: Float32Array, p: Float32Array, classes: ClassOutput): Float32Array {
  const mean = new Float32Array(classes.positions);
  eachRun(classes, (_, at, position, length) => {
    for (let i = 0; i < length; i++) mean[position + i] += w[at + i] * p[at + i];
  });
  const seed = new Float32Array(p.length);
  eachRun(classes, (_, at, position, length) => {
    for (let i = 0; i < length; i++)
      seed[at + i] = SLOPES[classes.activation](w[at + i], p[at + i], mean[position + i]);
  });
  return seed;
}

/** The scores of all classes, summed over positions, and the derivative of a weighted sum of them. */
export function allClasses(
  output: FloatTensor,
  classes: ClassOutput,
  score: Score,
): { scores: Float32Array; seedOf: (weights: Float32Array) => Float32Array } {
  const p = score === 'probability' ? probabilitiesOf(output, classes) : undefined;
  const data = p ?? output.data;
  const totals = sums({ ...output, data }, classes);
  const indices = [...Array(classes.classes).keys()];
  const places = indices.map((index) => logitOf(classes, index));
  const whole = p ? classes.positions : 0;
  return {
    scores: Float32Array.from(places, ({ channel, sign }) =>
      sign === 1 ? totals[channel] : whole - totals[channel],
    ),
    seedOf(weights) {
      const perChannel = new Float32Array(totals.length);
      places.forEach(({ channel, sign }, index) => (perChannel[channel] += sign * weights[index]));
      const w = new Float32Array(data.length);
      eachRun(classes, (c, at, _, length) => w.fill(perChannel[c], at, at + length));
      return p ? throughLink(w, p, classes) : w;
    },
  };
}

import { channelCount, type ClassOutput, logitOf } from '../network/output.ts';
import type { FloatTensor } from '../runtime/tensor.ts';

/**
 * Iterates over the output in runs of consecutive positions of one channel: `run(channel, at, position)` is called for
 * `length` elements from `at` on, which belong to the positions from `position` on. Channels are the classes, except
 * that one channel may hold two (see `logitOf`).
 */
export function eachRun(
  output: Pick<ClassOutput, 'dims' | 'axis'>,
  run: (channel: number, at: number, position: number, length: number) => void,
): void {
  const { dims, axis } = output;
  const channels = channelCount(output);
  const length = dims.slice(axis + 1).reduce((a, b) => a * b, 1);
  const outer = dims.slice(0, axis).reduce((a, b) => a * b, 1);
  for (let o = 0, at = 0; o < outer; o++)
    for (let c = 0; c < channels; c++, at += length) run(c, at, o * length, length);
}

/** The winning class at each position: the first of the largest. */
function winners({ data }: FloatTensor, classes: ClassOutput): Int32Array {
  const best = new Float32Array(classes.positions).fill(-Infinity);
  const winner = new Int32Array(classes.positions);
  eachRun(classes, (c, at, position, length) => {
    for (let i = 0; i < length; i++) {
      if (data[at + i] > best[position + i]) {
        best[position + i] = data[at + i];
        winner[position + i] = c;
      }
    }
  });
  return winner;
}

type Winning = (output: FloatTensor, classes: ClassOutput) => Float32Array;

/** 1 where the largest of several channels is, or where the only one is above `threshold`. */
const winning =
  (threshold: number): Winning =>
  (output, classes) => {
    if (channelCount(classes) === 1) return output.data.map((y) => (y > threshold ? 1 : 0));
    const winner = winners(output, classes);
    const held = new Float32Array(output.data.length);
    eachRun(classes, (c, at, position, length) => {
      for (let i = 0; i < length; i++) held[at + i] = winner[position + i] === c ? 1 : 0;
    });
    return held;
  };

const HELD: Readonly<Record<ClassOutput['activation'], Winning>> = {
  softmax: winning(0),
  sigmoid: ({ data }) => data.map((y) => (y > 0 ? 1 : 0)),
  identity: winning(0.5),
  none: winning(0),
};

/** 1 where a class holds a position by its logit: it wins there or, with a sigmoid, is more likely than not. */
export const held = (output: FloatTensor, classes: ClassOutput): FloatTensor => ({
  ...output,
  data: HELD[classes.activation](output, classes),
});

/** Each channel's score, summed over all positions. */
export function sums({ data }: FloatTensor, classes: ClassOutput): Float64Array {
  const out = new Float64Array(channelCount(classes));
  eachRun(classes, (c, at, _, length) => {
    let sum = 0;
    for (let i = at; i < at + length; i++) sum += data[i];
    out[c] += sum;
  });
  return out;
}

/** Mean over positions, one number per channel: features shared by two images are in different positions. */
export function pooled({ data }: FloatTensor, classes: ClassOutput): Float32Array {
  const out = new Float32Array(channelCount(classes));
  eachRun(classes, (c, at, _, length) => {
    for (let i = at; i < at + length; i++) out[c] += data[i] / classes.positions;
  });
  return out;
}

/** p = softmax(y) over the classes, at every position; in the output's shape. */
export function softmax({ data }: Pick<FloatTensor, 'data'>, classes: ClassOutput): Float32Array {
  const top = new Float32Array(classes.positions).fill(-Infinity);
  const sum = new Float64Array(classes.positions);
  const out = new Float32Array(data.length);
  eachRun(classes, (_, at, position, length) => {
    for (let i = 0; i < length; i++) top[position + i] = Math.max(top[position + i], data[at + i]);
  });
  eachRun(classes, (_, at, position, length) => {
    for (let i = 0; i < length; i++)
      sum[position + i] += out[at + i] = Math.exp(data[at + i] - top[position + i]);
  });
  eachRun(classes, (_, at, position, length) => {
    for (let i = 0; i < length; i++) out[at + i] /= sum[position + i];
  });
  return out;
}

/** p = σ(y), elementwise; in the output's shape. */
export const sigmoid = ({ data }: Pick<FloatTensor, 'data'>): Float32Array =>
  data.map((y) => 1 / (1 + Math.exp(-y)));

type Probabilities = (output: Pick<FloatTensor, 'data'>, classes: ClassOutput) => Float32Array;

const unchanged: Probabilities = ({ data }) => data;

const PROBABILITIES: Readonly<Record<ClassOutput['activation'], Probabilities>> = {
  softmax,
  sigmoid,
  identity: unchanged,
  none: unchanged,
};

/** Probabilities from logits, in the output's shape; the values themselves if they have none. */
export const probabilitiesOf: Probabilities = (output, classes) =>
  PROBABILITIES[classes.activation](output, classes);

/** A class with its scores. */
export interface ClassScore {
  readonly index: number;
  /** The label, or the index as text without labels. */
  readonly label: string;
  /**
   * Softmax or sigmoid probability, 0..1; for a dense output, the share of positions where the class wins. Undefined if
   * the scores are not logits.
   */
  readonly probability: number | undefined;
  /** The score: the logit, summed over all positions. */
  readonly logit: number;
}

/** A ranking of an output's classes. */
export interface Ranking {
  /** Whether all logits are finite. */
  readonly finite: boolean;
  of(index: number): ClassScore;
  /** The best `count` classes, best first, ties by index; none for values. */
  best(count: number): ClassScore[];
}

/** The ranking of an output without scores. */
export const NO_RANKING: Ranking = {
  finite: true,
  of: (index) => ({ index, label: String(index), probability: undefined, logit: NaN }),
  best: () => [],
};

/** Ranks the classes by their logits. */
export function rank(output: FloatTensor, classes: ClassOutput, labels: readonly string[]): Ranking {
  const logits = sums(output, classes);
  const probabilities = classes.positions === 1 ? probabilitiesOf(output, classes) : shares(output, classes);
  const of = (index: number): ClassScore => {
    const { channel, sign } = logitOf(classes, index);
    const probability = sign === 1 ? probabilities[channel] : 1 - probabilities[channel];
    return {
      index,
      label: labels[index] ?? String(index),
      probability: classes.activation === 'none' || Number.isNaN(probability) ? undefined : probability,
      logit: sign * logits[channel],
    };
  };
  const lead = (a: ClassScore, b: ClassScore) =>
    (a.probability ?? 0) - (b.probability ?? 0) || a.logit - b.logit;
  return {
    finite: logits.every(Number.isFinite),
    of,
    best(count) {
      // Avoids sorting a thousand classes for every image.
      const found: ClassScore[] = [];
      if (classes.kind === 'values') return found;
      for (let c = 0; c < classes.classes; c++) {
        const score = of(c);
        let place = found.length;
        while (place > 0 && lead(score, found[place - 1]) > 0) place--;
        if (place < count) found.splice(place, 0, score);
        if (found.length > count) found.pop();
      }
      return found;
    },
  };
}

const shares = (output: FloatTensor, classes: ClassOutput): Float64Array =>
  sums(held(output, classes), classes).map((count) => count / classes.positions);

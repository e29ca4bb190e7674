import type { ClassOutput } from '../network/output.ts';
import type { FloatTensor } from '../runtime/tensor.ts';
import type { Score, Scored, Target } from './target.ts';

/** Scores the target on one output and gives the derivative that starts the backward pass. */
export function scoreOf(target: Target, output: FloatTensor, classes: ClassOutput, score: Score): Scored {
  if ('of' in target) return target.of(output);
  // A model that ends in Softmax is differentiated through its own; any other gets one here.
  return score === 'probability' && classes.probabilities === undefined
    ? probability(target.class, output, classes)
    : sumOfClass(target.class, output, classes);
}

/** Positions of the elements of one class. */
export function elementsOf(index: number, { dims, axis }: ClassOutput): number[] {
  const inner = dims.slice(axis + 1).reduce((a, b) => a * b, 1);
  const outer = dims.slice(0, axis).reduce((a, b) => a * b, 1);
  const out: number[] = [];
  for (let o = 0; o < outer; o++)
    for (let i = 0; i < inner; i++) out.push((o * dims[axis] + index) * inner + i);
  return out;
}

function sumOfClass(index: number, { data }: FloatTensor, classes: ClassOutput): Scored {
  const seed = new Float32Array(data.length);
  let score = 0;
  for (const at of elementsOf(index, classes)) {
    seed[at] = 1;
    score += data[at];
  }
  return { score, seed };
}

/** p_c = softmax(y)_c and ∂p_c/∂y_d = p_c (δ_cd − p_d), at every position. */
function probability(index: number, { data }: FloatTensor, classes: ClassOutput): Scored {
  const columns = Array.from({ length: classes.classes }, (_, c) => elementsOf(c, classes));
  const seed = new Float32Array(data.length);
  let score = 0;
  for (let position = 0; position < classes.positions; position++) {
    const p = softmax(columns.map((column) => data[column[position]]));
    score += p[index];
    columns.forEach((column, d) => {
      seed[column[position]] = p[index] * ((d === index ? 1 : 0) - p[d]);
    });
  }
  return { score, seed };
}

export function softmax(values: readonly number[]): number[] {
  const top = Math.max(...values);
  const powers = values.map((value) => Math.exp(value - top));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / sum);
}

/** Softmax probability of a class, averaged over the positions of a dense output. */
export function softmaxOf(index: number, output: FloatTensor, classes: ClassOutput): number {
  return probability(index, output, classes).score / classes.positions;
}

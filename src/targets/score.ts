import type { ClassOutput } from '../network/output.ts';
import type { FloatTensor } from '../runtime/tensor.ts';
import { eachRun, pooled, softmax } from './classes.ts';
import type { Objective } from './objective.ts';
import type { Score, Scored } from './target.ts';

type Evaluator<Kind extends Objective['kind']> = (
  objective: Extract<Objective, { kind: Kind }>,
  output: FloatTensor,
  classes: ClassOutput,
  score: Score,
) => Scored;

/** What each kind of objective says of an output: one row per kind. */
export const EVALUATORS: { readonly [Kind in Objective['kind']]: Evaluator<Kind> } = {
  // Σ_p m_p y_cp. A model that ends in Softmax is differentiated through its own; any other gets one here.
  class: ({ class: index, weights }, output, classes, score) =>
    score === 'probability' && classes.probabilities === undefined
      ? probability(index, weights, output, classes)
      : ofClass(index, weights, output, classes),

  elements: ({ at, reduce }, { data }) => REDUCTIONS[reduce](at, data),

  difference: ({ of: [a, b] }, output, classes, score) => {
    const [left, right] = [scoreOf(a, output, classes, score), scoreOf(b, output, classes, score)];
    return { score: left.score - right.score, seed: left.seed.map((value, i) => value - right.seed[i]) };
  },

  similarity: ({ to }, output, classes) => cosine(pooled(output, classes), to, classes, output.data.length),

  custom: ({ of }, output) => of(output),
};

/** Scores one output (batch 1) and gives the derivative that starts the backward pass. */
export function scoreOf(
  objective: Objective,
  output: FloatTensor,
  classes: ClassOutput,
  score: Score,
): Scored {
  const evaluate = EVALUATORS[objective.kind] as (...given: Parameters<typeof scoreOf>) => Scored;
  return evaluate(objective, output, classes, score);
}

type Weights = Float32Array | undefined;

function ofClass(index: number, weights: Weights, { data }: FloatTensor, classes: ClassOutput): Scored {
  const seed = new Float32Array(data.length);
  let score = 0;
  eachRun(classes, (c, at, position, length) => {
    if (c !== index) return;
    for (let i = 0; i < length; i++) {
      const weight = weights ? weights[position + i] : 1;
      seed[at + i] = weight;
      score += weight * data[at + i];
    }
  });
  return { score, seed };
}

/** p_c = softmax(y)_c and ∂p_c/∂y_d = p_c (δ_cd − p_d), at every position. */
function probability(index: number, weights: Weights, output: FloatTensor, classes: ClassOutput): Scored {
  const p = softmax(output, classes);
  const own = new Float32Array(classes.positions);
  let score = 0;
  eachRun(classes, (c, at, position, length) => {
    if (c !== index) return;
    for (let i = 0; i < length; i++)
      score += own[position + i] = (weights ? weights[position + i] : 1) * p[at + i];
  });
  const seed = new Float32Array(p.length);
  eachRun(classes, (c, at, position, length) => {
    const same = c === index ? 1 : 0;
    for (let i = 0; i < length; i++) seed[at + i] = own[position + i] * (same - p[at + i]);
  });
  return { score, seed };
}

type Reduction = (at: Int32Array, data: Float32Array) => Scored;

const REDUCTIONS: Readonly<Record<'sum' | 'mean' | 'max', Reduction>> = {
  sum: (at, data) => weighted(at, data, 1),
  mean: (at, data) => weighted(at, data, 1 / at.length),
  // The first of the largest, where the derivative of max is not unique.
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

/** s = v·u / |v||u| and ∂s/∂v = (u/|u| − s v/|v|) / |v|; nothing resembles a vector of zeros. */
function cosine(v: Float32Array, u: Float32Array, classes: ClassOutput, size: number): Scored {
  const [a, b] = [Math.sqrt(dot(v, v)), Math.sqrt(dot(u, u))];
  const seed = new Float32Array(size);
  if (a === 0 || b === 0) return { score: 0, seed };
  const score = dot(v, u) / (a * b);
  eachRun(classes, (c, at, _, length) => {
    seed.fill((u[c] / b - (score * v[c]) / a) / a / classes.positions, at, at + length);
  });
  return { score, seed };
}

const dot = (a: Float32Array, b: Float32Array): number => a.reduce((sum, value, i) => sum + value * b[i], 0);

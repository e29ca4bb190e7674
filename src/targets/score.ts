import type { ClassOutput, Link } from '../network/output.ts';
import type { FloatTensor } from '../runtime/tensor.ts';
import { eachRun, pooled, probabilitiesOf, sums } from './classes.ts';
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
  // Σ_p m_p y_cp, or of the probabilities of these logits.
  class: ({ class: index, weights }, output, classes, score) =>
    score === 'probability'
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

/** Σ_p m_p p_cp, and its derivative by every logit. */
function probability(index: number, weights: Weights, output: FloatTensor, classes: ClassOutput): Scored {
  const p = probabilitiesOf(output, classes);
  const { score, seed } = ofClass(index, weights, { ...output, data: p }, classes);
  return { score, seed: throughLink(seed, p, classes) };
}

/** ∂s/∂y_d of w = ∂s/∂p_d, where `mean` is Σ_c w_c p_c at that position. */
const LINKS: Readonly<Record<Link, (w: number, p: number, mean: number) => number>> = {
  softmax: (w, p, mean) => p * (w - mean),
  sigmoid: (w, p) => w * p * (1 - p),
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
      seed[at + i] = LINKS[classes.link](w[at + i], p[at + i], mean[position + i]);
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
  return {
    scores: Float32Array.from(sums({ ...output, data }, classes)),
    seedOf(weights) {
      const w = new Float32Array(data.length);
      eachRun(classes, (c, at, _, length) => w.fill(weights[c], at, at + length));
      return p ? throughLink(w, p, classes) : w;
    },
  };
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

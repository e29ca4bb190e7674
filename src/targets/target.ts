import type { FloatTensor } from '../runtime/tensor.ts';

/** Which number of a class is explained. */
export type Score = 'logit' | 'probability';

/** A scalar of the model's output, and how it moves with every element of it. */
export interface Scored {
  readonly score: number;
  /** ∂score/∂output, in the output's shape, row-major. */
  readonly seed: Float32Array;
}

/** A class: summed over all pixels where the output is dense ([N, C, H, W]). */
export interface ClassTarget {
  readonly class: number;
}

/** Anything else: a function of the explained output (batch 1) to a score with its derivative. */
export interface CustomTarget {
  readonly label: string;
  readonly of: (output: FloatTensor) => Scored;
}

export type Target = ClassTarget | CustomTarget;

/** What callers may say: an index, a label, or a target. */
export type TargetInput = number | string | Target;

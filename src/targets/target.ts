import type { FileSource, ImageInput } from '../image/source.ts';
import type { FloatTensor } from '../runtime/tensor.ts';

/** The values of `score`. */
export const SCORES = ['logit', 'probability'] as const;
/** The number of a class to explain: its logit or its probability. */
export type Score = (typeof SCORES)[number];

/** A scalar function of the model's output, with its derivative. */
export interface Scored {
  readonly score: number;
  /** ∂score/∂output, in the output's shape, row-major. */
  readonly seed: Float32Array;
}

/**
 * A class by index or label: `class:12`. Where the output is dense ([1, C, H, W]) its scores are summed over all pixels;
 * over the pixels that it wins (`class:12@predicted`); or weighted by a mask (`class:12@mask.png`), a picture
 * with the image's proportions in which white counts and black does not.
 */
export interface ClassTarget {
  readonly class: number | string;
  readonly over?: 'all' | 'predicted' | FileSource | ImageInput;
}

/** Positions along one axis: `from` to `to` without `to`; negative ones count from the end, as in NumPy. */
export interface IndexRange {
  readonly from?: number;
  readonly to?: number;
}

/** How several elements become one number. */
export type Reduce = 'sum' | 'mean' | 'max';

/** Elements of an output, an index or range for each of its axes: `output[0, 5, 17]`, `mean(boxes[0, 3, :, :])`. */
export interface ElementsTarget {
  /** Name of the model's output. Default: the one that the call explains. */
  readonly output?: string;
  readonly index: readonly (number | IndexRange)[];
  /** Needed where the index takes more than one element. */
  readonly reduce?: Reduce;
}

/** How much the first exceeds the second: `class:1 - class:2`. */
export interface DifferenceTarget {
  readonly minus: readonly [Target, Target];
}

/**
 * Cosine similarity of the output with that for another image, or with a vector: `similar:other.jpg`. Outputs with
 * several positions are averaged over them first.
 */
export interface SimilarTarget {
  readonly similar: FileSource | ImageInput | Float32Array;
}

/** Anything else: a function from the explained output (batch 1) to a score with its derivative. */
export interface CustomTarget {
  readonly label: string;
  readonly of: (output: FloatTensor) => Scored;
}

/** What is explained: a scalar of one of the model's outputs. */
export type Target = ClassTarget | ElementsTarget | DifferenceTarget | SimilarTarget | CustomTarget;

/** A target as text: what `parseTarget` reads (docs/targets.md). */
export type TargetText =
  | `class:${string}`
  | `similar:${string}`
  | `${Reduce}(${string})`
  | `${string}[${string}]`
  | `(${string})`
  | `${string} - ${string}`;

/** A class by index or label, a target as text, or a target. */
export type TargetInput = number | TargetText | (string & {}) | Target;

import type { FileSource, ImageInput } from '../image/source.ts';
import type { FloatTensor } from '../runtime/tensor.ts';

/** Values of the `score` option. */
export const SCORES = ['logit', 'probability'] as const;
/** Which number of a class is explained: its logit or its probability. */
export type Score = (typeof SCORES)[number];

/** A scalar function of the model's output, with its derivative. */
export interface Scored {
  readonly score: number;
  /** ∂score/∂output, in the output's shape, row-major. */
  readonly seed: Float32Array;
}

/**
 * A class by index or label: `class:12`. For a dense output ([1, C, H, W]), its scores are summed over all pixels; over
 * the pixels where it wins (`class:12@predicted`); or weighted by a mask (`class:12@mask.png`), a picture with the
 * image's proportions, white for 1 and black for 0.
 */
export interface ClassTarget {
  readonly class: number | string;
  readonly over?: 'all' | 'predicted' | FileSource | ImageInput;
}

/** Positions along one axis: `from` up to `to` (exclusive); negative ones count from the end, as in NumPy. */
export interface IndexRange {
  readonly from?: number;
  readonly to?: number;
}

/** Values of `reduce`. */
export const REDUCES = ['sum', 'mean', 'max'] as const;
/** How several elements are reduced to one number. */
export type Reduce = (typeof REDUCES)[number];

/** Elements of an output, with an index or range for each axis: `output[0, 5, 17]`, `mean(boxes[0, 3, :, :])`. */
export interface ElementsTarget {
  /** Name of the model's output. Default: the explained one. */
  readonly output?: string;
  readonly index: readonly (number | IndexRange)[];
  /** Required if the index takes more than one element. */
  readonly reduce?: Reduce;
}

/** The first score minus the second: `class:1 - class:2`. */
export interface DifferenceTarget {
  readonly minus: readonly [Target, Target];
}

/**
 * Cosine similarity of the output with that of another image, or with a vector: `similar:other.jpg`. Outputs with
 * several positions are averaged over them first.
 */
export interface SimilarTarget {
  readonly similar: FileSource | ImageInput | Float32Array;
}

/**
 * A detection by number, best first (`detection:2`), or the best one at a place in the image (`detection@120,80`): the
 * score of its class. `class:2` explains the strongest candidate of a class.
 */
export interface DetectionTarget {
  readonly detection: number | { readonly x: number; readonly y: number };
}

/** Any other score: a function from the explained output (batch 1) to a score with its derivative. */
export interface CustomTarget {
  readonly label: string;
  readonly of: (output: FloatTensor) => Scored;
}

/** The explained score: a scalar function of one of the model's outputs. */
export type Target =
  ClassTarget | DetectionTarget | ElementsTarget | DifferenceTarget | SimilarTarget | CustomTarget;

/** A target as text for `parseTarget` (docs/targets.md). */
export type TargetText =
  | `class:${string}`
  | `similar:${string}`
  | `detection:${string}`
  | `detection@${string}`
  | `${Reduce}(${string})`
  | `${string}[${string}]`
  | `(${string})`
  | `${string} - ${string}`;

/** A class by index or label, a target as text, or a target. */
export type TargetInput = number | TargetText | (string & {}) | Target;

import type { Box } from '../image/resize.ts';
import type { FileSource, ImageInput } from '../image/source.ts';
import type { ClassOutput } from '../network/output.ts';
import type { FloatTensor } from '../runtime/tensor.ts';
import type { Check } from '../table.ts';
import type { Candidate, Candidates } from './detections.ts';
import type { TargetReader } from './reader.ts';
import type { Reduce, Score, Scored, Target } from './target.ts';

/** A target resolved for one output: classes by index, masks on its grid, elements by offset. */
export type Objective =
  | { readonly kind: 'class'; readonly class: number; readonly weights?: Float32Array }
  | {
      readonly kind: 'detection';
      readonly candidate: Candidate;
      /** Whether the strongest of its class was asked for. */
      readonly byClass: boolean;
    }
  | { readonly kind: 'elements'; readonly at: Int32Array; readonly reduce: Reduce }
  | { readonly kind: 'difference'; readonly of: readonly [Objective, Objective] }
  | { readonly kind: 'similarity'; readonly to: Float32Array }
  | { readonly kind: 'custom'; readonly of: (output: FloatTensor) => Scored };

export type KindName = Objective['kind'];

/** Height and width of a dense output. */
export interface OutputGrid {
  readonly height: number;
  readonly width: number;
}

/** Context for resolving a target. */
export interface ObjectiveContext {
  readonly classes: ClassOutput;
  readonly labels: readonly string[];
  /** The logits for the image. */
  readonly logits: FloatTensor;
  /** The candidates of a detector. */
  readonly candidates: Candidates | undefined;
  /** A box of the input in pixels of the image, clipped to it. */
  readonly toPicture: (box: Box) => Box;
  /** A picture's whiteness in [0, 1] on the output's grid, placed like the image in the input. */
  readonly mask: (source: FileSource | ImageInput, grid: OutputGrid) => Promise<Float32Array>;
  /** The explained output for another image. */
  readonly outputFor: (source: FileSource | ImageInput) => Promise<FloatTensor>;
}

/** Functions for any target, used by kinds that contain other targets. */
export interface TargetFunctions {
  readonly textOf: (target: Target) => string;
  readonly filesOf: (target: Target) => string[];
  readonly outputsOf: (target: Target) => string[];
  readonly objectiveOf: (target: Target, context: ObjectiveContext) => Promise<Objective>;
  readonly scoreOf: (objective: Objective, output: FloatTensor, classes: ClassOutput, score: Score) => Scored;
}

/** An image or a vector; its reader validates it. */
export const isSource = (value: unknown): boolean =>
  (typeof value === 'object' && value !== null) || (typeof value === 'string' && value !== '');

/** How a kind's text is parsed. */
export interface TargetSyntax {
  /** How the text starts, for errors: `class:`. */
  readonly starts: readonly string[];
  /** Matches the start. */
  readonly start: RegExp;
  /** Parses one target of the kind, from its start. */
  readonly parse: (reader: TargetReader) => Target;
}

/**
 * One kind of target: a row of the table. Its functions are methods, whose parameters TypeScript compares both ways: the
 * table can hold rows for different targets, and the key of a target selects its row. Its objective scores by the row of
 * its own kind: a class of a detector is resolved to a detection.
 */
export interface TargetKind<Given extends Target, Kind extends KindName, Resolved extends KindName = Kind> {
  /** The key that identifies the kind. */
  readonly key: string;
  /** Validation of all its keys. */
  readonly keys: Readonly<Record<Extract<keyof Given, string>, Check>>;
  /** Missing if the kind has no text, or consists of other targets. */
  readonly syntax?: TargetSyntax;
  /** The targets it contains, to be validated as well. */
  readonly parts?: (target: Readonly<Record<string, unknown>>) => readonly unknown[];
  /** The target as text for `parseTarget`; values in memory have only a name. */
  text(target: Given, all: TargetFunctions): string;
  /** The files it refers to. */
  files(target: Given, all: TargetFunctions): string[];
  /** The model outputs it refers to. */
  outputs(target: Given, all: TargetFunctions): string[];
  /**
   * @throws {CamError} BAD_TARGET for an invalid target.
   * @throws {CamError} UNKNOWN_CLASS for an unknown class.
   */
  objective(
    target: Given,
    context: ObjectiveContext,
    all: TargetFunctions,
  ): Promise<Extract<Objective, { kind: Resolved }>>;
  /** Scores an output (batch 1) and returns the derivative that starts the backward pass. */
  score(
    objective: Extract<Objective, { kind: Kind }>,
    output: FloatTensor,
    classes: ClassOutput,
    score: Score,
    all: TargetFunctions,
  ): Scored;
}

/** For kinds without files or outputs. */
export const nothingNamed = (): string[] => [];

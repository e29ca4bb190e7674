import type { FileSource, ImageInput } from '../image/source.ts';
import type { ClassOutput } from '../network/output.ts';
import type { FloatTensor } from '../runtime/tensor.ts';
import type { Reduce, Score, Scored, Target } from './target.ts';

/** A target resolved on one output: classes by index, masks on its grid, elements by offset. */
export type Objective =
  | { readonly kind: 'class'; readonly class: number; readonly weights?: Float32Array }
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

/** Everything that a target is resolved with. */
export interface ObjectiveContext {
  readonly classes: ClassOutput;
  readonly labels: readonly string[];
  /** The logits for the image. */
  readonly logits: FloatTensor;
  /** A picture's whiteness in [0, 1] over the output's grid, placed as the image is in the input. */
  readonly mask: (source: FileSource | ImageInput, grid: OutputGrid) => Promise<Float32Array>;
  /** The explained output for another image. */
  readonly outputFor: (source: FileSource | ImageInput) => Promise<FloatTensor>;
}

/** What the kinds do for any target: for kinds that are made of other targets. */
export interface TargetFunctions {
  readonly textOf: (target: Target) => string;
  readonly filesOf: (target: Target) => string[];
  readonly outputsOf: (target: Target) => string[];
  readonly objectiveOf: (target: Target, context: ObjectiveContext) => Promise<Objective>;
  readonly scoreOf: (objective: Objective, output: FloatTensor, classes: ClassOutput, score: Score) => Scored;
}

/** What a key of a target takes. */
export interface KeyCheck {
  /** As an error says it: "a class index or label". */
  readonly takes: string;
  readonly accepts: (value: unknown) => boolean;
  readonly required?: true;
}

export const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

/** A picture or a vector: whether it can be read is for its reader to say. */
export const isSource = (value: unknown): boolean =>
  isObject(value) || (typeof value === 'string' && value !== '');

/** One kind of target: a row of the table. */
export interface TargetKind<Given extends Target, Kind extends KindName> {
  /** The key that only targets of this kind have. */
  readonly key: string;
  /** What all of its keys take. */
  readonly keys: Readonly<Record<Extract<keyof Given, string>, KeyCheck>>;
  /** The targets that it is made of. */
  readonly parts?: (target: Given) => readonly unknown[];
  /** The target as `parseTarget` reads it; what is in memory has no text, and a name instead. */
  readonly text: (target: Given, all: TargetFunctions) => string;
  /** Files that it names. */
  readonly files: (target: Given, all: TargetFunctions) => string[];
  /** Outputs of the model that it names. */
  readonly outputs: (target: Given, all: TargetFunctions) => string[];
  /** @throws {CamError} BAD_TARGET, UNKNOWN_CLASS. */
  readonly objective: (
    target: Given,
    context: ObjectiveContext,
    all: TargetFunctions,
  ) => Promise<Extract<Objective, { kind: Kind }>>;
  /** Scores an output (batch 1), with the derivative that starts the backward pass. */
  readonly score: (
    objective: Extract<Objective, { kind: Kind }>,
    output: FloatTensor,
    classes: ClassOutput,
    score: Score,
    all: TargetFunctions,
  ) => Scored;
}

/** A target of a kind that names neither files nor outputs. */
export const nothingNamed = (): string[] => [];

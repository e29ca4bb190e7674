import { CamError } from '../errors.ts';
import type { Explanation, Failure, Report, TargetInfo } from '../types.ts';
import { METHODS } from '../methods/index.ts';
import type { Method } from '../methods/method.ts';
import type { MapArray } from './artifact.ts';

/** Version of everything that camwasm prints as JSON: docs/cli-json.md. */
export const SCHEMA = 'camwasm/1';

/** What --json prints for one image, and, with the numbers in `map`, what a .json result holds. */
export interface ImageJson {
  readonly schema: typeof SCHEMA;
  /** As the command line names it; null for a picture made without one. */
  readonly image: string | null;
  /** As the command line names it; null for the built-in one. */
  readonly model: string | null;
  /** What is to be known of the model, whatever the image. */
  readonly warnings: readonly string[];
  readonly prediction: Report['prediction'];
  readonly preprocessing: Report['preprocessing'] | null;
  readonly results: readonly ResultJson[];
  readonly failures: readonly FailureJson[];
  /** Why the image could not be explained at all. */
  readonly error: ErrorJson | null;
  readonly timings: Readonly<Record<string, number>>;
}

export interface ResultJson {
  readonly method: string;
  readonly class: ClassJson;
  readonly layers: readonly string[];
  /** What 0 and 1 of the heatmap stand for, and whether 0.5 is zero. */
  readonly range: readonly [low: number, high: number];
  readonly signed: boolean;
  /** Numbers that a method gives besides. */
  readonly measures: Readonly<Record<string, number>>;
  /** Paths of the files written; empty where the result went to standard output. */
  readonly outputs: readonly string[];
  readonly warnings: readonly string[];
  readonly map?: { readonly dims: readonly number[]; readonly data: readonly (number | null)[] };
}

export interface FailureJson extends ErrorJson {
  readonly method: string;
  readonly class: ClassJson;
}

interface ClassJson {
  readonly index: number | null;
  readonly label: string;
  readonly score: number;
  readonly probability: number | null;
}

interface ErrorJson {
  /** As in the library, or UNEXPECTED. */
  readonly code: string;
  readonly message: string;
}

export interface Subject {
  readonly image: string | null;
  readonly model: string | null;
  /** Those of the model. */
  readonly warnings: readonly string[];
}

export function imageJson(
  { image, model, warnings }: Subject,
  report: Omit<Report, 'explanations' | 'failures'>,
  results: readonly ResultJson[],
  failures: readonly Failure[] = [],
): ImageJson {
  return {
    schema: SCHEMA,
    image,
    model,
    warnings,
    // A picture that was made shows a class; the blank image that it began with is no one's prediction.
    prediction: image === null ? [] : report.prediction,
    preprocessing: report.preprocessing ?? null,
    results,
    failures: failures.map(({ method, target, error }) => ({
      method,
      class: classJson(target),
      ...errorJson(error),
    })),
    error: null,
    timings: rounded(report.timings),
  };
}

export const errorImageJson = ({ image, model, warnings }: Subject, error: unknown): ImageJson => ({
  schema: SCHEMA,
  image,
  model,
  warnings,
  prediction: [],
  preprocessing: null,
  results: [],
  failures: [],
  error: errorJson(error),
  timings: {},
});

export function resultJson(
  { method, target, layers, range, signed, measures, warnings }: Explanation,
  outputs: readonly string[],
  map?: MapArray,
): ResultJson {
  return {
    method,
    class: classJson(target),
    layers,
    range,
    signed,
    measures,
    outputs,
    warnings,
    ...(map && { map: { dims: map.dims, data: Array.from(map.data, shortest) } }),
  };
}

/** What `camwasm methods --json` prints. */
export const methodsJson = (): MethodsJson => ({
  schema: SCHEMA,
  methods: Object.entries(METHODS).map(([id, row]) => ({
    id,
    title: row.title,
    level: row.level,
    about: row.about,
    when: row.when,
    cost: row.cost,
    shared: row.shared,
    paper: row.paper,
    needs: row.needs,
    samples: row.samples ?? null,
    base: row.base ?? null,
  })),
});

export interface MethodsJson {
  readonly schema: typeof SCHEMA;
  readonly methods: readonly MethodJson[];
}

interface MethodJson extends Pick<Method, 'title' | 'level' | 'about' | 'when' | 'cost' | 'paper' | 'needs'> {
  readonly id: string;
  /** Do its runs serve other methods of the call? Then `all` takes it. */
  readonly shared: boolean;
  /** How many samples, steps or masks it takes; null for methods that take none. */
  readonly samples: number | null;
  /** Method that it builds on. */
  readonly base: string | null;
}

const classJson = ({ index, label, score, probability }: TargetInfo): ClassJson => ({
  index: index ?? null,
  label,
  score,
  probability: probability ?? null,
});

const errorJson = (error: unknown): ErrorJson => ({
  code: error instanceof CamError ? error.code : 'UNEXPECTED',
  message: error instanceof Error ? error.message : String(error),
});

/** Nine digits tell any two float32 apart; JSON has no NaN and no infinity. */
const shortest = (value: number): number | null =>
  Number.isFinite(value) ? Number(value.toPrecision(9)) : null;

const rounded = (timings: Readonly<Record<string, number>>): Record<string, number> =>
  Object.fromEntries(Object.entries(timings).map(([stage, ms]) => [stage, Number(ms.toFixed(3))]));

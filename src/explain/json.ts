import { codeOf } from '../errors.ts';
import { type MethodInfo, METHODS } from '../methods/index.ts';
import type { ExplainReport, Explanation, Failure, TargetInfo } from '../types.ts';
import type { MapArray } from './artifact.ts';

/** Version of everything that camwasm prints as JSON: docs/cli-json.md. */
export const SCHEMA = 'camwasm/1';

/** One image as JSON (docs/cli-json.md); with the numbers in `map`, the contents of a `.json` result. */
export interface ImageJson {
  readonly schema: typeof SCHEMA;
  /** Its name, as its caller gave it; null for an image that a method made. */
  readonly image: string | null;
  /** Its name, as its caller gave it; null for the built-in one. */
  readonly model: string | null;
  /** Warnings about the model, whatever the image. */
  readonly warnings: readonly string[];
  readonly prediction: ExplainReport['prediction'];
  readonly preprocessing: ExplainReport['preprocessing'] | null;
  readonly results: readonly ResultJson[];
  readonly failures: readonly FailureJson[];
  /** Why the image could not be explained at all. */
  readonly error: ErrorJson | null;
  readonly timings: Readonly<Record<string, number>>;
}

/** One explanation as JSON. */
export interface ResultJson {
  readonly method: string;
  readonly class: ClassJson;
  readonly layers: readonly string[];
  /** What 0 and 1 of the heatmap stand for, and whether 0.5 is zero. */
  readonly range: readonly [low: number, high: number];
  readonly signed: boolean;
  /** Other numbers of a method. */
  readonly measures: Readonly<Record<string, number>>;
  /** Paths of the files written; empty where the result went to standard output. */
  readonly outputs: readonly string[];
  readonly warnings: readonly string[];
  readonly map?: { readonly dims: readonly number[]; readonly data: readonly (number | null)[] };
}

/** A method that could not explain a target, as JSON. */
export interface FailureJson extends ErrorJson {
  readonly method: string;
  readonly class: ClassJson;
}

/** The explained class or target as JSON. */
export interface ClassJson {
  readonly index: number | null;
  readonly label: string;
  readonly score: number;
  readonly probability: number | null;
}

/** An error as JSON. */
export interface ErrorJson {
  /** As in the library, or UNEXPECTED. */
  readonly code: string;
  readonly message: string;
  /** The option to blame, by the name that its reader knows; null for none. */
  readonly option: string | null;
}

/** The image and model of a JSON object, and how its messages name options. */
export interface Subject {
  readonly image: string | null;
  readonly model: string | null;
  /** Warnings about the model. */
  readonly warnings: readonly string[];
  /** Replaces the library's names of options in messages, for readers who know others. */
  readonly reworded?: (message: string) => string;
}

const asIs = (message: string): string => message;

/**
 * The JSON of an image's report; `results` come from `resultJson`.
 *
 * @example
 * const { explanations, failures, ...report } = await explainer.explainAll('cat.jpg');
 * const results = explanations.map((explanation) => resultJson(explanation, []));
 * console.log(JSON.stringify(imageJson({ image: 'cat.jpg', model: null, warnings: [] }, report, results, failures)));
 */
export function imageJson(
  { image, model, warnings, reworded = asIs }: Subject,
  report: Pick<ExplainReport, 'prediction' | 'preprocessing' | 'timings'>,
  results: readonly ResultJson[],
  failures: readonly Failure[] = [],
): ImageJson {
  return {
    schema: SCHEMA,
    image,
    model,
    warnings: warnings.map(reworded),
    // The zeros that an image is made from are not worth a prediction.
    prediction: image === null ? [] : report.prediction,
    preprocessing: report.preprocessing ?? null,
    results: results.map((result) => ({ ...result, warnings: result.warnings.map(reworded) })),
    failures: failures.map(({ method, target, error }) => ({
      method,
      class: classJson(target),
      ...errorJson(error, reworded),
    })),
    error: null,
    timings: rounded(report.timings),
  };
}

/**
 * The JSON of an image that could not be explained at all.
 *
 * @example
 * errorImageJson({ image: 'cat.jpg', model: null, warnings: [] }, error).error?.code; // 'BAD_IMAGE'
 */
export const errorImageJson = (
  { image, model, warnings, reworded = asIs }: Subject,
  error: unknown,
): ImageJson => ({
  schema: SCHEMA,
  image,
  model,
  warnings: warnings.map(reworded),
  prediction: [],
  preprocessing: null,
  results: [],
  failures: [],
  error: errorJson(error, reworded),
  timings: {},
});

/**
 * The JSON of an explanation, with the paths of the files that hold it, or with its numbers in `map`.
 *
 * @example
 * resultJson(explanation, ['cat.png']).class.label;
 */
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

/**
 * The table of methods as JSON: `camwasm methods --json`.
 *
 * @example
 * methodsJson().methods.map(({ id }) => id);
 */
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

/** The table of methods as JSON. */
export interface MethodsJson {
  readonly schema: typeof SCHEMA;
  readonly methods: readonly MethodJson[];
}

/** One method as JSON. */
export interface MethodJson extends Pick<
  MethodInfo,
  'title' | 'level' | 'about' | 'when' | 'cost' | 'paper' | 'needs'
> {
  readonly id: string;
  /** Whether its runs serve the other methods of a call: `all` stands for these methods. */
  readonly shared: boolean;
  /** Default number of samples, steps or masks; null for methods that take none. */
  readonly samples: number | null;
  /** Default method that it builds on. */
  readonly base: string | null;
}

const classJson = ({ index, label, score, probability }: TargetInfo): ClassJson => ({
  index: index ?? null,
  label,
  score,
  probability: probability ?? null,
});

const errorJson = (error: unknown, reworded: (message: string) => string): ErrorJson => {
  const { code, option } = codeOf(error);
  return {
    code,
    message: reworded(error instanceof Error ? error.message : String(error)),
    option: option === undefined ? null : reworded(`\`${option}\``).replace(/[`"]/g, ''),
  };
};

/** Nine digits distinguish any two float32 values; JSON has neither NaN nor infinity. */
const shortest = (value: number): number | null =>
  Number.isFinite(value) ? Number(value.toPrecision(9)) : null;

const rounded = (timings: Readonly<Record<string, number>>): Record<string, number> =>
  Object.fromEntries(Object.entries(timings).map(([stage, ms]) => [stage, Number(ms.toFixed(3))]));

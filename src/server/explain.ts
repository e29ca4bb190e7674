import { CamError } from '../errors.ts';
import { mapsOf, WRITERS } from '../explain/artifact.ts';
import type { Explainer } from '../explain/explainer.ts';
import { imageJson, resultJson, type Subject } from '../explain/json.ts';
import { findMethod } from '../methods/index.ts';
import { classesFor, layerNames } from '../options/choices.ts';
import { type Format, type Given, librarySettings } from '../options/options.ts';
import { inParameters } from '../options/wording.ts';
import type { Bytes } from '../platform/bytes.ts';
import type { ExplainReport, Explanation } from '../types.ts';
import { formatFor, MEDIA_TYPES } from './accept.ts';
import { imageOf } from './form.ts';
import type { Limits } from './limits.ts';
import { Problem } from './problem.ts';

/** A parsed request, ready to run: plain data, which may go to another thread. */
export interface Question {
  readonly query: Given;
  readonly accept: string | null;
  readonly body: Bytes;
  /** Media type of the body. */
  readonly type: string;
}

/** The answer to a request: plain data. */
export interface Content {
  readonly type: string;
  readonly body: Bytes | string;
}

/**
 * Answers POST /explain.
 * @throws {CamError | Problem} when the request fails.
 */
export async function explain(
  model: Explainer,
  question: Question,
  limits: Limits,
  signal: AbortSignal,
): Promise<Content> {
  const { query } = question;
  const format = await formatFor(query.format, question.accept);
  const methods = [...new Set((query.method ?? ['gradcam']).map((name) => findMethod(name)))];
  // The best classes are counted, not listed, since there may be any number of them.
  const classes = query.class && classesFor(query, model.labels);
  checkCount(methods.length * (classes?.length ?? query.top ?? 1), format, limits);
  checkBatch(query, limits);
  const image = await imageOf(question.body, question.type);
  const report = await model.explainAll(image, {
    method: methods,
    ...(classes && { class: classes as number[] }),
    layer: layerNames(query, model.info.values),
    ...librarySettings(query, 'explain'),
    maxPixels: limits.pixels,
    signal,
  });
  if (report.explanations.length === 0) throw report.failures[0].error;
  const subject = {
    image: image === undefined ? null : '-',
    model: query.model ?? null,
    warnings: model.warnings,
    reworded: inParameters,
  };
  const body =
    format === 'json'
      ? json(subject, report, query.raw === true, limits)
      : await artifact(report.explanations[0], format, query);
  return { type: MEDIA_TYPES[format], body };
}

function checkCount(count: number, format: Format, limits: Limits): void {
  if (count > limits.results) {
    throw new Problem('TOO_LARGE', `The request asks for ${count} results; the limit is ${limits.results}.`);
  }
  if (count > 1 && format !== 'json') {
    throw new CamError(
      'BAD_OPTION',
      `${format.toUpperCase()} holds one result, but the request asks for ${count}. Ask for one method and class, or for JSON.`,
    );
  }
}

function checkBatch({ 'batch-size': size = 1 }: Given, { batch }: Limits): void {
  if (size <= batch) return;
  throw new Problem('TOO_LARGE', `"batch-size" is ${size}; the limit is ${batch}.`);
}

function artifact(explanation: Explanation, format: Format, query: Given): Promise<Bytes> {
  const { raw = false } = query;
  if (raw && explanation.raw.length > 1) {
    throw new CamError(
      'BAD_OPTION',
      `There are ${explanation.raw.length} raw maps, one per layer. Ask for one layer, or for JSON.`,
    );
  }
  return Promise.resolve(
    WRITERS[format](explanation, 0, { ...librarySettings(query, 'overlay'), raw }, () => ({})),
  ) as Promise<Bytes>;
}

function json(subject: Subject, report: ExplainReport, raw: boolean, limits: Limits): string {
  const results = report.explanations.flatMap((explanation) =>
    mapsOf(explanation, raw).map((map) => ({ explanation, map })),
  );
  const count = results.reduce((sum, { map }) => sum + map.data.length, 0);
  if (count > limits.numbers) {
    throw new Problem(
      'TOO_LARGE',
      `The JSON would hold ${count} numbers; the limit is ${limits.numbers}. Ask for raw maps, or for NPY.`,
    );
  }
  const rows = results.map(({ explanation, map }) => resultJson(explanation, [], map));
  return `${JSON.stringify(imageJson(subject, report, rows, report.failures))}\n`;
}

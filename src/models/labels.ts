import { CamError } from '../errors.ts';
import { isFloat } from '../onnx/data-type.ts';
import type { ValueInfo } from '../onnx/model.ts';
import { readBytes } from '../platform/files.ts';
import { isRecord } from '../table.ts';
import { LABEL_FORMATS, labelsOfValue } from './label-formats.ts';

/** Limit on a label file. COCO's annotations of its validation images have 20 MB. */
const MAX_BYTES = 64e6;

/**
 * Reads a label file.
 * @throws {CamError} BAD_LABELS when it cannot be read or has no labels.
 */
export async function readLabels(source: string | URL): Promise<string[]> {
  const bad = (why: string, cause: unknown) =>
    new CamError('BAD_LABELS', `The labels "${String(source)}": ${why}`, { cause, option: 'labels' });
  const bytes = await readBytes(source, (why, cause) => bad(`${why} Check \`labels\`.`, cause));
  if (bytes.length > MAX_BYTES)
    throw bad(`The file has ${(bytes.length / 1e6).toFixed(0)} MB, too much for labels.`, undefined);
  try {
    return parseLabels(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw bad(
      `The labels cannot be read: ${(cause as Error).message}. Known formats: ${LABEL_FORMATS.map(({ title }) => title).join('; ')}.`,
      cause,
    );
  }
}

/**
 * Parses labels in index order, in any of the known formats.
 * @throws {Error} with the reason, for invalid labels.
 */
export function parseLabels(text: string): string[] {
  const labels = LABEL_FORMATS.find(({ is }) => is(text))?.read(text) ?? [];
  if (labels.length === 0) throw new TypeError('the file is empty');
  return labels;
}

/** The id2label of a Hugging Face `config.json`; undefined if it has none, or belongs to another tool. */
export function labelsOfConfig(json: string): string[] | undefined {
  try {
    const config: unknown = JSON.parse(json);
    if (!isRecord(config)) return undefined;
    const { id2label, label2id, label_names: names } = config;
    return labelsOfValue(id2label ?? (label2id === undefined ? names : { label2id }));
  } catch {
    return undefined;
  }
}

/** Labels with their origin. */
export interface Labels {
  readonly names: readonly string[];
  /** Whether the caller set them; otherwise they come with the model. */
  readonly given: boolean;
}

/** Labels that fit an output, or none with a reason. */
export interface FittingLabels {
  readonly names: readonly string[];
  readonly note: string | undefined;
}

/**
 * The labels, if their number is that of the classes. Labels that come with the model and do not fit are not shown.
 * @throws {CamError} BAD_LABELS when labels from the caller do not fit.
 */
export function fittingLabels({ names, given }: Labels, classes: number, output: string): FittingLabels {
  if (names.length === 0 || names.length === classes) return { names, note: undefined };
  const counts = `The output "${output}" has ${classes} classes, but there are ${names.length} labels`;
  if (!given)
    return { names: [], note: `${counts} in the model's files. They are not shown; set \`labels\`.` };
  const background =
    classes === names.length + 1 ? ' If the model counts a background class, add it as the first label.' : '';
  throw new CamError('BAD_LABELS', `${counts}. Pass one label per class.${background}`, {
    option: 'labels',
  });
}

/**
 * Checks labels against the declared outputs, before a run: one of them has as many classes, or does not declare its
 * number.
 * @throws {CamError} BAD_LABELS when labels from the caller fit no output.
 */
export function declaredLabels(labels: Labels, outputs: readonly ValueInfo[]): FittingLabels {
  const scores = outputs.filter(({ type }) => isFloat(type));
  const counts = scores.map(classCount);
  const [classes] = counts;
  const fits = counts.some((count) => count === undefined || count === labels.names.length);
  // One logit has two classes.
  const binary = labels.names.length === 2 && counts.includes(1);
  if (classes === undefined || fits || binary) return { names: labels.names, note: undefined };
  return fittingLabels(labels, classes, scores[0].name);
}

/** Number of classes of an output whose declared shape has one other axis at most: [N, 10] or [1, 1000, 1, 1]. */
function classCount({ dims = [] }: ValueInfo): number | undefined {
  const [, ...sizes] = dims;
  const counts = sizes.filter((size) => size !== 1);
  if (dims.length > 1 && counts.length === 0) return 1;
  return counts.length === 1 && typeof counts[0] === 'number' ? counts[0] : undefined;
}

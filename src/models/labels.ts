import { CamError } from '../errors.ts';
import { isFloat } from '../onnx/data-type.ts';
import type { ValueInfo } from '../onnx/model.ts';
import { readOr } from '../platform/files.ts';

/**
 * Reads a label file.
 * @throws {CamError} BAD_LABELS when it cannot be read or has no labels.
 */
export async function readLabels(source: string | URL): Promise<string[]> {
  const bad = (why: string, cause: unknown) =>
    new CamError('BAD_LABELS', `The labels "${String(source)}": ${why}`, { cause, option: 'labels' });
  const bytes = await readOr(source, (why, cause) => bad(`${why} Check \`labels\`.`, cause));
  try {
    return parseLabels(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw bad(
      `The labels cannot be read: ${(cause as Error).message}. Write one per line, a JSON array, or a JSON object from index to label.`,
      cause,
    );
  }
}

/**
 * Parses labels in index order, one per line or as JSON: an array, an object from index to label, such an object under
 * `id2label` (Hugging Face), or from index to [id, label] (Keras' imagenet_class_index.json).
 * @throws {TypeError} with the reason, for invalid labels.
 */
export function parseLabels(text: string): string[] {
  const labels = /^\s*[[{]/.test(text) ? labelsOfJson(JSON.parse(text)) : labelsOfLines(text);
  if (labels.length === 0) throw new TypeError('the file is empty');
  return labels;
}

/** The id2label of a Hugging Face `config.json`; undefined if it has none, or belongs to another tool. */
export function labelsOfConfig(json: string): string[] | undefined {
  try {
    const { id2label } = JSON.parse(json) as { id2label?: unknown };
    return isTable(id2label) ? labelsOfTable(id2label) : undefined;
  } catch {
    return undefined;
  }
}

const labelsOfLines = (text: string): string[] =>
  text.trim() === ''
    ? []
    : text
        .trimEnd()
        .split(/\r?\n/)
        .map((line) => line.trim());

function labelsOfJson(value: unknown): string[] {
  if (Array.isArray(value)) return value.map(labelOf);
  if (!isTable(value)) return [];
  return labelsOfTable(isTable(value.id2label) ? value.id2label : value);
}

type Table = Readonly<Record<string, unknown>>;

const isTable = (value: unknown): value is Table => typeof value === 'object' && value !== null;

const labelsOfTable = (table: Table): string[] =>
  Object.keys(table).map((_, index) => {
    if (!Object.hasOwn(table, index)) throw new TypeError(`index ${index} has no label`);
    return labelOf(table[index]);
  });

function labelOf(value: unknown): string {
  const label: unknown = Array.isArray(value) ? value.at(-1) : value;
  if (typeof label === 'string') return label;
  throw new TypeError(`${JSON.stringify(value)} is not a label`);
}

/**
 * Warns if the numbers of labels and classes differ, since names may then be wrong. Silent if an output has as many
 * classes as there are labels, or the model does not declare its number of classes.
 * @param origin where to correct the labels, for the warning's last sentence.
 */
export function labelWarnings(
  labels: readonly string[],
  outputs: readonly ValueInfo[],
  origin: string,
): string[] {
  const [explained = outputs[0]] = outputs.filter(({ type }) => isFloat(type));
  const classes = explained && classCount(explained);
  if (labels.length === 0 || classes === undefined) return [];
  if (outputs.some((output) => classCount(output) === labels.length)) return [];
  return [
    `The model has ${classes} classes, but there are ${labels.length} labels: the names may be wrong. Check ${origin}.`,
  ];
}

/** Number of classes of an output whose declared shape has one other axis at most: [N, 10] or [1, 1000, 1, 1]. */
function classCount({ dims = [] }: ValueInfo): number | undefined {
  const [, ...sizes] = dims;
  const counts = sizes.filter((size) => size !== 1);
  return counts.length === 1 && typeof counts[0] === 'number' ? counts[0] : undefined;
}

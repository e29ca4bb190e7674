import { CamError } from '../errors.ts';
import { readNamed } from './files.ts';

/** Reads --labels. @throws CamError BAD_LABELS. */
export async function readLabels(cwd: string, path: string): Promise<string[]> {
  try {
    const bytes = await readNamed(cwd, path, 'BAD_LABELS', 'Check --labels.');
    return parseLabels(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    const why =
      cause instanceof CamError
        ? cause.message
        : `These are no labels: ${(cause as Error).message}. Give one per line, a JSON array, or a JSON object from index to label.`;
    throw new CamError('BAD_LABELS', `${path}: ${why}`, { cause });
  }
}

/**
 * Labels by index, from text with one per line or from JSON: an array, an object from index to label, such an object
 * under `id2label` (Hugging Face), or from index to [id, label] (Keras' imagenet_class_index.json).
 */
export function parseLabels(text: string): string[] {
  const labels = /^\s*[[{]/.test(text) ? fromJson(JSON.parse(text)) : fromLines(text);
  if (labels.length === 0) throw new TypeError('there are none');
  return labels;
}

const fromLines = (text: string): string[] =>
  text.trim() === ''
    ? []
    : text
        .trimEnd()
        .split(/\r?\n/)
        .map((line) => line.trim());

function fromJson(value: unknown): string[] {
  if (Array.isArray(value)) return value.map(labelOf);
  const object = value as Record<string, unknown>;
  const table = (object.id2label ?? object) as Record<string, unknown>;
  const indices = Object.keys(table);
  return indices.map((_, index) => {
    if (!Object.hasOwn(table, index)) throw new TypeError(`there is no label for index ${index}`);
    return labelOf(table[index]);
  });
}

function labelOf(value: unknown): string {
  const label: unknown = Array.isArray(value) ? value.at(-1) : value;
  if (typeof label === 'string') return label;
  throw new TypeError(`${JSON.stringify(value)} is no label`);
}

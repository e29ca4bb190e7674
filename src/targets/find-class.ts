import { CamError, didYouMean } from '../errors.ts';

/** Labels match regardless of case; runs of spaces and underscores count as one space. */
const plainLabel = (text: string): string =>
  text
    .trim()
    .toLowerCase()
    .replace(/[\s_]+/g, ' ');

/** ImageNet labels are lists: "great white shark, white shark, man-eater". */
const synonyms = (label: string): string[] => label.split(',').map((part) => part.trim());

/**
 * A label or one of its synonyms, exactly or leniently. Neither has priority: ImageNet's "maillot" and "maillot, tank
 * suit" are two classes, and the text is ambiguous.
 */
const READINGS: readonly ((label: string, text: string) => boolean)[] = [
  (label, text) => [label, ...synonyms(label)].includes(text),
  (label, text) => [label, ...synonyms(label)].map(plainLabel).includes(plainLabel(text)),
];

/**
 * Finds a class by index, label, or one of a label's comma-separated synonyms. Does not check that the model has a
 * class with the index.
 *
 * @example
 * findClass('tabby', explainer.labels); // 281
 * @throws {CamError} UNKNOWN_CLASS with the nearest labels, or with the indices of the classes that share the label.
 */
export function findClass(text: string, labels: readonly string[]): number {
  if (/^\s*[+-]?\d+\s*$/.test(text)) return Number(text);
  const found = matches(text, labels);
  if (found.length === 1) return found[0];
  if (found.length > 1) {
    throw new CamError(
      'UNKNOWN_CLASS',
      `"${text}" is the label of ${found.length} classes: ${found.map((index) => `${index} (${labels[index]})`).join(', ')}. Use an index instead.`,
      { option: 'class' },
    );
  }
  const hint =
    labels.length === 0
      ? ' The model has no labels. Use an index, or set `labels`.'
      : didYouMean(text, [
          ...new Set(labels.flatMap((label) => [label, ...synonyms(label).map(plainLabel)])),
        ]) || ` The labels run from 0 (${labels[0]}) to ${labels.length - 1} (${labels.at(-1)!}).`;
  throw new CamError('UNKNOWN_CLASS', `Unknown class "${text}".${hint}`, { option: 'class' });
}

/** Whether the text is a label, or one of a label's synonyms. */
export const isLabel = (text: string, labels: readonly string[]): boolean => matches(text, labels).length > 0;

/** Splits a comma-separated list, unless the whole is a label or one of a label's synonyms. */
export function splitClasses(text: string, labels: readonly string[]): string[] {
  if (isLabel(text, labels)) return [text];
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

function matches(text: string, labels: readonly string[]): number[] {
  const indices = [...labels.keys()];
  return (
    READINGS.map((reads) => indices.filter((index) => reads(labels[index], text))).find(
      (found) => found.length > 0,
    ) ?? []
  );
}

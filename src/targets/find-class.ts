import { CamError, didYouMean, nearest } from '../errors.ts';
import { namesIn } from './label-names.ts';

/** Labels match regardless of case; runs of spaces and underscores count as one space. */
const plainLabel = (text: string): string =>
  text
    .trim()
    .toLowerCase()
    .replace(/[\s_]+/g, ' ');

/** What a text may be of a label: all of it, its first name, or any. Whole names go before parts. */
const PARTS: readonly ((label: string) => readonly string[])[] = [
  (label) => [label],
  (label) => namesIn(label).slice(0, 1),
  namesIn,
];

/** Exactly, or else regardless of case and underscores. */
const SPELLINGS: readonly ((text: string) => string)[] = [(text) => text, plainLabel];

/**
 * Finds a class by index, label, or one of a label's comma-separated synonyms: whole labels first, then first names, then
 * the others. Does not check that the model has a class with the index.
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
          ...new Set(labels.flatMap((label) => nearest(text, namesIn(label)).slice(0, 1))),
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
  for (const spell of SPELLINGS) {
    const wanted = spell(text);
    for (const partsOf of PARTS) {
      const found = indices.filter((index) => partsOf(labels[index]).some((part) => spell(part) === wanted));
      if (found.length > 0) return found;
    }
  }
  return [];
}

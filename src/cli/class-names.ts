import { shortLabels } from '../index.ts';

/** The name of a class in a line of text. */
export type ClassNames = (of: { readonly label: string; readonly index: number | undefined }) => string;

/** Names classes by the first of their synonyms, and those without a label by their index. */
export function classNames(labels: readonly string[]): ClassNames {
  const short = shortLabels(labels);
  return ({ label, index }) => {
    if (label === String(index)) return `class ${label}`;
    return index !== undefined && labels[index] === label ? short[index] : label;
  };
}

import type { FileSource } from '../image/source.ts';
import { needsQuotes } from './parse.ts';
import type { Range, Target } from './target.ts';

/** A target as `parseTarget` reads it; what lies in memory has no text and is called by what it is. */
export function targetText(target: Target): string {
  if ('class' in target) return `class:${free(String(target.class))}${overText(target.over)}`;
  if ('minus' in target) {
    const [a, b] = target.minus;
    return `${targetText(a)} - ${'minus' in b ? `(${targetText(b)})` : targetText(b)}`;
  }
  if ('similar' in target)
    return `similar:${isFile(target.similar) ? free(String(target.similar.file)) : 'image'}`;
  if ('of' in target) return target.label;
  const { output, index, reduce } = target;
  const elements = `${outputText(output)}[${index.map(positionText).join(', ')}]`;
  return reduce ? `${reduce}(${elements})` : elements;
}

/** The files that a target names. */
export function filesOf(target: Target): string[] {
  if ('minus' in target) return target.minus.flatMap(filesOf);
  if ('class' in target) return isFile(target.over) ? [String(target.over.file)] : [];
  return 'similar' in target && isFile(target.similar) ? [String(target.similar.file)] : [];
}

/** The outputs that a target names. */
export function outputsOf(target: Target): string[] {
  if ('minus' in target) return target.minus.flatMap(outputsOf);
  return 'index' in target && target.output !== undefined ? [target.output] : [];
}

export const isFile = (value: unknown): value is FileSource =>
  typeof value === 'object' && value !== null && 'file' in value;

const outputText = (name: string | undefined): string => {
  if (name === undefined) return 'output';
  return /^[^\s"@,()[\]-]+$/.test(name) && name !== 'output' ? name : JSON.stringify(name);
};

const positionText = (position: number | Range): string =>
  typeof position === 'number' ? String(position) : `${position.from ?? ''}:${position.to ?? ''}`;

const overText = (over: unknown): string =>
  over === undefined
    ? ''
    : `@${isFile(over) ? free(String(over.file)) : typeof over === 'string' ? over : 'mask'}`;

const free = (text: string): string => (needsQuotes(text) ? JSON.stringify(text) : text);

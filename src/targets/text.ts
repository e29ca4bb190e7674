import type { FileSource } from '../image/source.ts';
import { needsQuotes } from './parse.ts';

/** A label or path as it stands in a target's text. */
export const quotedText = (text: string): string => (needsQuotes(text) ? JSON.stringify(text) : text);

/** Whether a value is a file that is read when needed. */
export const isFileSource = (value: unknown): value is FileSource =>
  typeof value === 'object' && value !== null && 'file' in value;

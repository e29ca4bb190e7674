import type { FileSource } from '../image/source.ts';
import { needsQuotes } from './parse.ts';

/** A label or path in a target's text, quoted if necessary. */
export const quotedText = (text: string): string => (needsQuotes(text) ? JSON.stringify(text) : text);

/** Whether a value is a file to read on demand. */
export const isFileSource = (value: unknown): value is FileSource =>
  typeof value === 'object' && value !== null && 'file' in value;

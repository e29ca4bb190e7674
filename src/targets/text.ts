import type { FileSource } from '../image/source.ts';

/** A minus before anything that could start a term. */
const SUBTRACTS = /-\s*(?:["(]|[^\s"@,()[\]-]+\s*[:([])/;

/** A label or path in a target's text, quoted if it would parse differently otherwise. */
export const quotedText = (text: string): string =>
  /[@()"]|^\s|\s$|^(?:all|predicted)?$/.test(text) || SUBTRACTS.test(text) ? JSON.stringify(text) : text;

/** Whether a value is a file to read on demand. */
export const isFileSource = (value: unknown): value is FileSource =>
  typeof value === 'object' && value !== null && 'file' in value;

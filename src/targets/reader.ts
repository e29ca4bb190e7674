import { CamError } from '../errors.ts';

/** Pattern of text in double quotes, as JSON has it. */
export const QUOTED = '"(?:[^"\\\\]|\\\\.)*"';
const QUOTED_HERE = new RegExp(QUOTED, 'y');

/** Reads the text of a target from left to right. */
export interface TargetReader {
  /** The rest of the text, from the current position. */
  readonly rest: () => string;
  /** Whether a sticky pattern matches here. */
  readonly sees: (pattern: RegExp) => boolean;
  /** Reads the text that a sticky pattern matches here; undefined if it does not. */
  readonly take: (pattern: RegExp) => string | undefined;
  /** Reads a mark, after optional space. */
  readonly expect: (mark: string, expected?: string) => void;
  /** Reads text in double quotes. */
  readonly quoted: () => string;
  /** Reads a label or path: in quotes, or up to `end`, the next term, or the parenthesis around it. */
  readonly free: (expected: string, end?: string) => string;
  /** Reads a term in parentheses, where a free text ends at the closing one. */
  readonly inParentheses: <Term>(term: () => Term) => Term;
  /** @throws {CamError} BAD_TARGET with the position and the expected text. */
  readonly fail: (expected: string, hint?: string) => never;
}

/** A reader at the start of a text; `next` matches a minus with the start of another term after it. */
export function targetReader(text: string, next: RegExp): TargetReader {
  let at = 0;
  let depth = 0;

  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    return pattern.exec(text)?.[0];
  };
  const reader: TargetReader = {
    rest: () => text.slice(at),
    sees: (pattern) => match(pattern) !== undefined,
    take(pattern) {
      const found = match(pattern);
      at += found?.length ?? 0;
      return found;
    },
    expect(mark, expected = `"${mark}"`) {
      reader.take(/\s*/y);
      if (text[at] !== mark) reader.fail(expected);
      at += mark.length;
    },
    quoted() {
      const found = match(QUOTED_HERE) ?? reader.fail('a string with a closing double quote');
      try {
        const value = JSON.parse(found) as string;
        at += found.length;
        return value;
      } catch {
        return reader.fail('a valid JSON string');
      }
    },
    free(expected, end) {
      if (text[at] === '"') return reader.quoted();
      const from = at;
      const ends = () => text[at] === end || (depth > 0 && text[at] === ')') || match(next) !== undefined;
      while (at < text.length && !ends()) at++;
      const found = text.slice(from, at).trim();
      if (found === '') reader.fail(expected);
      return found;
    },
    inParentheses(term) {
      reader.expect('(');
      depth++;
      const found = term();
      depth--;
      reader.expect(')');
      return found;
    },
    fail(expected, hint = '') {
      const found = at < text.length ? `"${text.slice(at, at + 12)}"` : 'its end';
      throw new CamError(
        'BAD_TARGET',
        `The target "${text}" cannot be read: character ${at + 1} should be ${expected}, but there is ${found}.${hint}`,
        { option: 'target' },
      );
    },
  };
  return reader;
}

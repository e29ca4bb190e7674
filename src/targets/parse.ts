import { CamError, didYouMean } from '../errors.ts';
import type { IndexRange, Reduce, Target } from './target.ts';

/** How terms start. */
const STARTS = ['class:', 'similar:', 'sum(', 'mean(', 'max(', 'output['] as const;

const QUOTED = /"(?:[^"\\]|\\.)*"/y;
const PLAIN_NAME = /[^\s"@,()[\]-]+/y;
/** Start of a term, where a minus subtracts instead of belonging to a label or file name. */
const TERM = new RegExp(
  String.raw`(?:class|similar)\s*:|(?:sum|mean|max)\s*\(|(?:${QUOTED.source}|${PLAIN_NAME.source})\s*\[|\(`,
  'y',
);
const MINUS = new RegExp(String.raw`\s*-\s*(?=${TERM.source})`, 'y');
const SUBTRACTS = new RegExp(MINUS.source);

/** Whether a label or path would parse differently without quotes. */
export const needsQuotes = (text: string): boolean =>
  /[@()"]|^\s|\s$|^(?:all|predicted)?$/.test(text) || SUBTRACTS.test(text);

/**
 * Parses a target. Does not read files or look up labels and indices.
 *
 *     target = class | term { "-" term }
 *     term   = "class:" class [ "@" ( "all" | "predicted" | file ) ]
 *            | "similar:" file
 *            | output "[" index { "," index } "]"
 *            | ( "sum" | "mean" | "max" ) "(" output "[" index { "," index } "]" ")"
 *            | "(" term { "-" term } ")"
 *     index  = integer | [ integer ] ":" [ integer ]
 *
 * `class` is an index or a label; `output` the name of an output, or the word output for the explained one. Names,
 * labels and files may be in double quotes, as in JSON.
 *
 * @example
 * parseTarget('class:12@predicted - class:0'); // { minus: [{ class: 12, over: 'predicted' }, { class: 0 }] }
 * @throws {CamError} BAD_TARGET with the position and the expected text.
 */
export function parseTarget(text: string): Target {
  if (typeof text !== 'string')
    throw new CamError('BAD_TARGET', 'parseTarget() takes text, such as "class:12".', { option: 'target' });
  let at = 0;
  let depth = 0;

  const fail = (expected: string, hint = ''): never => {
    const found = at < text.length ? `"${text.slice(at, at + 12)}"` : 'its end';
    throw new CamError(
      'BAD_TARGET',
      `The target "${text}" cannot be read: character ${at + 1} should be ${expected}, but there is ${found}.${hint}`,
      { option: 'target' },
    );
  };
  const match = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    return pattern.exec(text);
  };
  const take = (pattern: RegExp): string | undefined => {
    const [found] = match(pattern) ?? [];
    at += found?.length ?? 0;
    return found;
  };
  const expect = (mark: string, expected = `"${mark}"`): void => {
    take(/\s*/y);
    if (text[at] !== mark) fail(expected);
    at += mark.length;
  };

  function difference(): Target {
    let target = term();
    while (take(MINUS) !== undefined) target = { minus: [target, term()] };
    return target;
  }

  function term(): Target {
    if (take(/class\s*:\s*/y) !== undefined) return ofClass();
    if (take(/similar\s*:\s*/y) !== undefined) return { similar: { file: free('the path of an image') } };
    const reduce = take(/(?:sum|mean|max)\s*\(\s*/y)?.match(/^\w+/)?.[0] as Reduce | undefined;
    if (reduce !== undefined) {
      const target = { ...elements(), reduce };
      expect(')');
      return target;
    }
    if (take(/\(\s*/y) === undefined) return elements();
    depth++;
    const target = difference();
    depth--;
    expect(')');
    return target;
  }

  function ofClass(): Target {
    const name = free('the index or label of a class', '@');
    const target = { class: /^\d+$/.test(name) ? Number(name) : name };
    if (take(/\s*@\s*/y) === undefined) return target;
    const literal = text[at] === '"';
    const over = free('all, predicted or the path of a mask');
    const word = !literal && (over === 'all' || over === 'predicted');
    return { ...target, over: word ? over : { file: over } };
  }

  /** A label or path: up to the next token that cannot be part of it. */
  function free(expected: string, end?: string): string {
    if (text[at] === '"') return quoted();
    const from = at;
    while (at < text.length && text[at] !== end && !(depth > 0 && text[at] === ')') && !match(MINUS)) at++;
    const found = text.slice(from, at).trim();
    if (found === '') fail(expected);
    return found;
  }

  function quoted(): string {
    const found = match(QUOTED)?.[0] ?? fail('a string with a closing double quote');
    try {
      const value = JSON.parse(found) as string;
      at += found.length;
      return value;
    } catch {
      return fail('a valid JSON string');
    }
  }

  function elements(): { output?: string; index: (number | IndexRange)[] } {
    const plain = text[at] !== '"';
    const name = plain ? (take(PLAIN_NAME) ?? fail(`one of ${STARTS.join(', ')}`)) : quoted();
    expect('[');
    const index = [position()];
    for (take(/\s*/y); text[at] === ','; take(/\s*/y)) {
      at++;
      index.push(position());
    }
    expect(']', '"," or "]"');
    return { ...(!(plain && name === 'output') && { output: name }), index };
  }

  function position(): number | IndexRange {
    take(/\s*/y);
    const from = integer();
    take(/\s*/y);
    if (text[at] !== ':') return from ?? fail('an index, a range like 2:5, or ":"');
    at++;
    take(/\s*/y);
    const to = integer();
    return { ...(from !== undefined && { from }), ...(to !== undefined && { to }) };
  }

  function integer(): number | undefined {
    const found = take(/-?\d+/y);
    return found === undefined ? undefined : Number(found);
  }

  take(/\s*/y);
  if (!match(TERM)) {
    const hint = didYouMean(match(/[A-Za-z]+\s*[:([]/y)?.[0] ?? '', STARTS);
    if (hint || text.trim() === '') fail(`a class, or one of ${STARTS.join(', ')}`, hint);
    return { class: /^\d+$/.test(text.trim()) ? Number(text) : text.trim() };
  }
  const target = difference();
  take(/\s*/y);
  if (at < text.length) fail('"-" and another target, or nothing');
  return target;
}

import { CamError, didYouMean } from '../errors.ts';
import { SYNTAXES } from './kinds.ts';
import { type TargetReader, targetReader } from './reader.ts';
import type { Target } from './target.ts';

/** How terms start, for errors. */
const STARTS = SYNTAXES.flatMap(({ starts }) => starts);

/** Start of a term, where a minus subtracts instead of belonging to a label or file name. */
const TERM = new RegExp([...SYNTAXES.map(({ start }) => start.source), String.raw`\(`].join('|'), 'y');
const MINUS = new RegExp(String.raw`\s*-\s*(?=${TERM.source})`, 'y');

/**
 * Parses a target. Does not read files or look up labels and indices.
 *
 *     target = class | term { "-" term }
 *     term   = "(" term { "-" term } ")", or the term of one kind
 *
 * `class` is an index or a label. The terms of the kinds are in docs/targets.md. Names, labels and files may be in
 * double quotes, as in JSON.
 *
 * @example
 * parseTarget('class:12@predicted - class:0'); // { minus: [{ class: 12, over: 'predicted' }, { class: 0 }] }
 * @throws {CamError} BAD_TARGET with the position and the expected text.
 */
export function parseTarget(text: string): Target {
  if (typeof text !== 'string')
    throw new CamError('BAD_TARGET', 'parseTarget() takes text, such as "class:12".', { option: 'target' });
  const reader = targetReader(text, MINUS);
  reader.take(/\s*/y);
  if (!reader.sees(TERM)) {
    const start = /^[A-Za-z]+\s*[:([]/.exec(reader.rest())?.[0] ?? '';
    const hint = didYouMean(start, STARTS);
    if (hint || text.trim() === '') reader.fail(`a class, or one of ${STARTS.join(', ')}`, hint);
    return { class: /^\d+$/.test(text.trim()) ? Number(text) : text.trim() };
  }
  const target = parseDifference(reader);
  reader.take(/\s*/y);
  if (reader.rest() !== '') reader.fail('"-" and another target, or nothing');
  return target;
}

function parseDifference(reader: TargetReader): Target {
  let target = parseTerm(reader);
  while (reader.take(MINUS) !== undefined) target = { minus: [target, parseTerm(reader)] };
  return target;
}

function parseTerm(reader: TargetReader): Target {
  reader.take(/\s*/y);
  if (reader.sees(/\(/y)) return reader.inParentheses(() => parseDifference(reader));
  const syntax = SYNTAXES.find(({ start }) => reader.sees(start));
  return syntax?.parse(reader) ?? reader.fail(`one of ${STARTS.join(', ')}`);
}

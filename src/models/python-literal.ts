const TOKEN = /\s*(?:([{}[\](),:])|('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")|([\w.+-]+))\s*/y;
const NAMED_VALUES: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ['True', true],
  ['False', false],
  ['None', null],
]);
/** Nesting beyond any setting of a model. */
const MAX_DEPTH = 20;

/**
 * Reads a Python literal as `repr` writes it: dicts (as Maps), lists, tuples, strings, numbers, True, False and None.
 * Undefined for anything else.
 */
export function readPythonLiteral(text: string): unknown {
  let at = 0;
  const next = () => {
    TOKEN.lastIndex = at;
    const found = TOKEN.exec(text);
    if (!found) throw new SyntaxError(`character ${at + 1}`);
    at = TOKEN.lastIndex;
    const [, mark, quoted, word] = found;
    return { mark, quoted, word };
  };
  const peek = (mark: string) => {
    const before = at;
    const same = next().mark === mark;
    if (!same) at = before;
    return same;
  };
  const items = <Item>(end: string, item: () => Item): Item[] => {
    const found: Item[] = [];
    while (!peek(end)) {
      found.push(item());
      if (peek(',')) continue;
      if (!peek(end)) throw new SyntaxError(`character ${at + 1}`);
      break;
    }
    return found;
  };
  const value = (depth: number): unknown => {
    if (depth > MAX_DEPTH) throw new SyntaxError('too deep');
    const { mark, quoted, word } = next();
    if (quoted !== undefined) return unquoted(quoted);
    if (word !== undefined) return NAMED_VALUES.has(word) ? NAMED_VALUES.get(word) : numberOf(word);
    if (mark === '[') return items(']', () => value(depth + 1));
    if (mark === '(') return items(')', () => value(depth + 1));
    if (mark !== '{') throw new SyntaxError(`character ${at}`);
    const pairs = items('}', () => {
      const key = value(depth + 1);
      if (!peek(':')) throw new SyntaxError(`character ${at + 1}`);
      return [key, value(depth + 1)] as const;
    });
    const dict = new Map(pairs);
    if (dict.size < pairs.length) throw new SyntaxError('a key occurs twice');
    return dict;
  };
  try {
    const found = value(0);
    return at === text.length ? found : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function numberOf(word: string): number {
  const number = Number(word);
  if (Number.isNaN(number)) throw new SyntaxError(word);
  return number;
}

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['n', '\n'],
  ['t', '\t'],
  ['r', '\r'],
]);

const ESCAPE = /\\(?:x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|(.))/gs;

const unquoted = (text: string): string =>
  text.slice(1, -1).replace(ESCAPE, (_, x?: string, u?: string, long?: string, other = '') => {
    const code = x ?? u ?? long;
    return code === undefined ? (ESCAPES.get(other as string) ?? (other as string)) : codePoint(parseInt(code, 16));
  });

const codePoint = (code: number): string => String.fromCodePoint(code <= 0x10ffff ? code : 0xfffd);

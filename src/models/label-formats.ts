import { isRecord } from '../table.ts';
import { readPythonLiteral } from './python-literal.ts';

/** A format of label files. */
export interface LabelFormat {
  /** For documents and errors: "a JSON array". */
  readonly title: string;
  readonly is: (text: string) => boolean;
  /** @throws {Error} with the reason, for invalid labels. */
  readonly read: (text: string) => string[];
}

const linesOf = (text: string): string[] =>
  text
    .trimEnd()
    .split(/\r?\n/)
    .map((line) => line.trim());

const nonemptyLines = (text: string): string[] => linesOf(text).filter((line) => line !== '');

const SYNSET = /^n\d{8}\s+(?=\S)/;
const YOLO_NAMES = /^names[ \t]*:[ \t]*/m;

/** Every format, the first that a text has the form of counts. */
export const LABEL_FORMATS: readonly LabelFormat[] = [
  {
    title: 'JSON (an array, an object by index, id2label, label2id, classes, names, COCO categories)',
    is: (text) => /^\s*[[{]/.test(text),
    read: labelsOfJson,
  },
  { title: "the names of YOLO's data.yaml", is: (text) => YOLO_NAMES.test(text), read: labelsOfYolo },
  { title: 'a pbtxt label map', is: (text) => /^\s*item\s*:?\s*\{/m.test(text), read: labelsOfPbtxt },
  {
    title: 'synsets (n01440764 tench)',
    is: (text) => nonemptyLines(text).length > 0 && nonemptyLines(text).every((line) => SYNSET.test(line)),
    read: (text) => nonemptyLines(text).map((line) => line.replace(SYNSET, '')),
  },
  { title: 'index,label (commas, semicolons or tabs)', is: (text) => rowsOf(text) !== undefined, read: (text) => byIndex(rowsOf(text)!) },
  { title: 'one label per line', is: (text) => text.trim() !== '', read: linesOf },
];

/** Labels in the order of their indices, which must be complete. */
function byIndex(pairs: readonly (readonly [index: number, label: string])[]): string[] {
  const labels: string[] = [];
  for (const [index, label] of pairs) {
    if (!Number.isInteger(index) || index < 0) throw new TypeError(`${index} is not an index`);
    if (index >= pairs.length) throw new TypeError(`index ${missingIn(pairs)} has no label`);
    if (labels[index] !== undefined) throw new TypeError(`index ${index} has two labels`);
    labels[index] = label;
  }
  return labels;
}

function missingIn(pairs: readonly (readonly [index: number, label: string])[]): number {
  const known = new Set(pairs.map(([index]) => index));
  return pairs.findIndex((_, index) => !known.has(index));
}

function labelsOfJson(text: string): string[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    // A dict printed by Python, as ImageNet's labels are often passed around.
    const found = readPythonLiteral(text.trim());
    if (found instanceof Map) return byIndex([...found].map(([index, label]) => [Number(index), textOf(label)]));
    if (Array.isArray(found)) return found.map(textOf);
    throw error;
  }
  return labelsOfValue(value);
}

/** Keys under which tools keep their labels. */
const CONTAINERS = ['id2label', 'classes', 'names', 'labels'] as const;

/**
 * The labels in JSON.
 * @throws {TypeError} with the reason, for anything else.
 */
export function labelsOfValue(value: unknown): string[] {
  if (Array.isArray(value)) return value.map(textOf);
  if (!isRecord(value)) throw new TypeError('it holds neither a list nor an object');
  if (isRecord(value.label2id))
    return byIndex(Object.entries(value.label2id).map(([label, index]) => [indexOfText(index), label]));
  if (Array.isArray(value.categories)) return categories(value.categories);
  for (const key of CONTAINERS)
    if (typeof value[key] === 'object' && value[key] !== null) return labelsOfValue(value[key]);
  const entries = Object.entries(value);
  if (entries.length > 0 && entries.every(([, index]) => typeof index === 'number'))
    return byIndex(entries.map(([label, index]) => [indexOfText(index), label]));
  return byIndex(
    entries.map(([index, label]) => {
      if (!/^\d+$/.test(index)) throw new TypeError('index 0 has no label');
      return [Number(index), textOf(label)];
    }),
  );
}

const indexOfText = (value: unknown): number =>
  typeof value === 'number' || (typeof value === 'string' && /^\d+$/.test(value)) ? Number(value) : NaN;

/** COCO's ids have gaps, and detectors count the categories in their order. */
function categories(found: readonly unknown[]): string[] {
  const names = new Map<number, string>();
  for (const one of found) {
    if (!isRecord(one) || typeof one.id !== 'number')
      throw new TypeError(`${JSON.stringify(one)} is not a category`);
    if (names.has(one.id)) throw new TypeError(`id ${one.id} has two names`);
    names.set(one.id, textOf(one.name));
  }
  return [...names].sort(([a], [b]) => a - b).map(([, name]) => name);
}

/** A label, the last of [id, label] (Keras), or the name of an object. */
function textOf(value: unknown): string {
  const label: unknown = Array.isArray(value) ? value.at(-1) : isRecord(value) ? (value.name ?? value.label) : value;
  if (typeof label === 'string') return label;
  throw new TypeError(`${JSON.stringify(value)} is not a label`);
}

/** `names:` as a flow list or map, a block list, or a block map by index (YAML 1.2, sections 7.3 and 8.2). */
function labelsOfYolo(text: string): string[] {
  const start = YOLO_NAMES.exec(text)!;
  const rest = text.slice(start.index + start[0].length);
  const lines = /^[[{]/.test(rest) ? flowItems(rest) : blockItems(rest);
  if (lines.length === 0) throw new TypeError('its names are empty');
  const isList = rest.startsWith('[') || lines.every((line) => /^-(\s|$)/.test(line));
  return isList ? lines.map((line) => scalarOf(line.replace(/^-\s+/, ''))) : byIndex(lines.map(entry));
}

/** The items between brackets or braces, each as written. */
function flowItems(text: string): string[] {
  const found = [...text.slice(1).matchAll(FLOW_ITEM)].map(([item]) => item);
  const end = found.findIndex((item) => item === ']' || item === '}');
  if (end < 0) throw new TypeError('its names have no end');
  const items = [''];
  for (const part of found.slice(0, end)) {
    if (part === ',') items.push('');
    else items.push(`${items.pop()!}${part}`);
  }
  return items.map((item) => item.trim()).filter((item) => item !== '');
}

const FLOW_ITEM = /"(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[,\]}]|[^,\]}"']+|./gs;

/** The indented lines below a key, or a list at its level. */
function blockItems(text: string): string[] {
  const block: string[] = [];
  for (const line of text.split(/\r?\n/).slice(1)) {
    if (/^\s*(#.*)?$/.test(line)) continue;
    if (!/^\s+\S|^-/.test(line)) break;
    block.push(line.trim());
  }
  return block;
}

/** A scalar without quotes and comment. */
function scalarOf(text: string): string {
  const [, single, double] = /^\s*(?:'((?:[^']|'')*)'|"((?:[^"\\]|\\.)*)")/.exec(text) ?? [];
  if (single !== undefined) return single.replaceAll("''", "'");
  if (double !== undefined) return double.replace(/\\(.)/g, '$1');
  return text.replace(/\s+#.*$/, '').trim();
}

function entry(line: string): [index: number, label: string] {
  const [, index, label] = /^["']?(\d+)["']?\s*:\s*(.*)$/.exec(line.trim()) ?? [];
  if (index === undefined) throw new TypeError(`"${line}" is not an index with a label`);
  return [Number(index), scalarOf(label)];
}

/** Text in quotes, with backslashes. */
const PBTXT_TEXT = String.raw`(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')`;
const PBTXT_TOKEN = new RegExp(String.raw`\s*(?:([{}])|(\w+)\s*:?\s*(?=\{)|(\w+)\s*:\s*(${PBTXT_TEXT}|[^\s{}]+))`, 'y');

/** `item { id: 1 name: 'cat' display_name: 'Cat' }`; ids start at 1 where 0 is the background. */
function labelsOfPbtxt(text: string): string[] {
  const items: Map<string, string>[] = [];
  PBTXT_TOKEN.lastIndex = 0;
  for (let depth = 0, found = PBTXT_TOKEN.exec(text); found; found = PBTXT_TOKEN.exec(text)) {
    const [, brace, , key, value] = found;
    if (brace === '{' && depth++ === 0) items.push(new Map());
    else if (brace === '}') depth--;
    else if (key !== undefined && depth === 1) items.at(-1)?.set(key, unescaped(value));
  }
  const pairs = items.map((item): [number, string] => {
    const [id, name] = [item.get('id'), item.get('display_name') ?? item.get('name')];
    if (id === undefined || name === undefined) throw new TypeError('an item has no id or name');
    return [Number(id), name];
  });
  const first = pairs.reduce((least, [id]) => Math.min(least, id), 1);
  return byIndex(pairs.map(([id, name]) => [id - first, name]));
}

const unescaped = (text: string): string =>
  /^["']/.test(text) ? text.slice(1, -1).replace(/\\(.)/g, '$1') : text;

const SEPARATORS = ['\t', ';', ','] as const;

/** The rows of a table of indices and labels, in either order, with or without a header; undefined for other texts. */
function rowsOf(text: string): (readonly [index: number, label: string])[] | undefined {
  const lines = nonemptyLines(text);
  for (const separator of SEPARATORS) {
    const rows = lines.map((line) => splitRow(line, separator));
    for (const column of [0, 1]) {
      const isRow = (row: readonly string[]) => row.length > 1 && /^\d+$/.test(row[column]);
      const [head = []] = rows;
      const body = isRow(head) ? rows : rows.slice(1);
      const good = body.filter(isRow).length;
      if (head.length < 2 || good * 2 <= body.length) continue;
      const damaged = body.findIndex((row) => !isRow(row));
      if (damaged >= 0)
        throw new TypeError(`line ${damaged + 1 + rows.length - body.length} has no index: "${body[damaged].join(separator)}"`);
      return body.map((row) => [
        Number(row[column]),
        column === 0 ? row.slice(1).join(separator) : row[0],
      ]);
    }
  }
  return undefined;
}

/** The fields of a row; a quoted field may hold separators, and a doubled quote stands for one (RFC 4180). */
const splitRow = (line: string, separator: string): string[] => {
  const fields: string[] = [];
  let field = '';
  let quote: string | undefined;
  for (let at = 0; at < line.length; at++) {
    const letter = line[at];
    if (quote !== undefined && letter === quote && line[at + 1] === quote) field += line[at++];
    else if (quote !== undefined && letter === quote) quote = undefined;
    else if (quote === undefined && (letter === '"' || letter === "'") && field.trim() === '') {
      quote = letter;
      field = '';
    } else if (quote === undefined && letter === separator) {
      fields.push(field.trim());
      field = '';
    } else field += letter;
  }
  return [...fields, (quote === undefined ? field : quote + field).trim()];
};

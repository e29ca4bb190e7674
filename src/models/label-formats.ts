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
  { title: 'a pbtxt label map', is: (text) => /^\s*item\s*\{/m.test(text), read: labelsOfPbtxt },
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
    return byIndex(Object.entries(value.label2id).map(([label, index]) => [Number(index), label]));
  if (Array.isArray(value.categories)) return categories(value.categories);
  for (const key of CONTAINERS)
    if (typeof value[key] === 'object' && value[key] !== null) return labelsOfValue(value[key]);
  return byIndex(
    Object.entries(value).map(([index, label]) => {
      if (!/^\d+$/.test(index)) throw new TypeError('index 0 has no label');
      return [Number(index), textOf(label)];
    }),
  );
}

/** COCO's ids have gaps, and detectors count the categories in their order. */
const categories = (found: readonly unknown[]): string[] =>
  found
    .map((one) => {
      if (isRecord(one) && typeof one.id === 'number') return { id: one.id, name: textOf(one.name) };
      throw new TypeError(`${JSON.stringify(one)} is not a category`);
    })
    .sort((a, b) => a.id - b.id)
    .map(({ name }) => name);

/** A label, the last of [id, label] (Keras), or the name of an object. */
function textOf(value: unknown): string {
  const label: unknown = Array.isArray(value) ? value.at(-1) : isRecord(value) ? (value.name ?? value.label) : value;
  if (typeof label === 'string') return label;
  throw new TypeError(`${JSON.stringify(value)} is not a label`);
}

/** `names:` as a flow list or map, a block list, or a block map by index. */
function labelsOfYolo(text: string): string[] {
  const start = YOLO_NAMES.exec(text)!;
  const rest = text.slice(start.index + start[0].length);
  const flow = /^(\[[^\]]*\]|\{[^}]*\})/.exec(rest)?.[0];
  if (flow !== undefined) {
    const parts = splitRow(flow.slice(1, -1), ',').map(scalarOf);
    return flow.startsWith('[') ? parts : byIndex(parts.map(entry));
  }
  const block: string[] = [];
  for (const line of rest.split(/\r?\n/).slice(1)) {
    if (/^\s*(#.*)?$/.test(line)) continue;
    if (!/^\s+\S|^-/.test(line)) break;
    block.push(line.replace(/\s+#.*$/, '').trim());
  }
  if (block.every((line) => line.startsWith('-'))) return block.map((line) => scalarOf(line.slice(1)));
  return byIndex(block.map(entry));
}

/** A scalar without its quotes. */
const scalarOf = (text: string): string => text.trim().replace(/^(["'])(.*)\1$/s, '$2');

function entry(line: string): [index: number, label: string] {
  const [, index, label] = /^["']?(\d+)["']?\s*:\s*(.*)$/.exec(line.trim()) ?? [];
  if (index === undefined) throw new TypeError(`"${line}" is not an index with a label`);
  return [Number(index), scalarOf(label)];
}

/** `item { id: 1 name: 'cat' display_name: 'Cat' }`; ids start at 1 where 0 is the background. */
function labelsOfPbtxt(text: string): string[] {
  const pairs = [...text.matchAll(/item\s*\{([^}]*)\}/g)].map(([, item]): [number, string] => {
    const id = /\bid\s*:\s*(\d+)/.exec(item)?.[1];
    const name = ['display_name', 'name']
      .map((key) => new RegExp(String.raw`\b${key}\s*:\s*(?:"([^"]*)"|'([^']*)')`).exec(item))
      .find((found) => found !== null);
    if (id === undefined || !name) throw new TypeError('an item has no id or name');
    return [Number(id), name[1] ?? name[2]];
  });
  const first = Math.min(...pairs.map(([id]) => id));
  return byIndex(pairs.map(([id, name]) => [id - Math.min(first, 1), name]));
}

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
      if (head.length < 2 || body.length === 0 || !body.every(isRow)) continue;
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

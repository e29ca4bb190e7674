// uvu's assertions, but for `equal` of large values: uvu's difference of them takes hours.
import * as assert from 'uvu/assert';

export * from 'uvu/assert';

/** Numbers and other leaves above which values count as large. */
const LARGE = 200;

/** Asserts that values are deeply equal; the message names the first difference of large ones. */
export function equal(found: unknown, expected: unknown, message?: string): void {
  if (countOf(found) + countOf(expected) <= LARGE) return assert.equal(found, expected, message);
  const difference = firstDifference(found, expected, '');
  assert.ok(difference === undefined, [message, difference].filter(Boolean).join(': '));
}

/** Where two values differ first, in words. */
export function firstDifference(found: unknown, expected: unknown, path: string): string | undefined {
  if (found === expected || (Number.isNaN(found) && Number.isNaN(expected))) return undefined;
  if (!isObject(found) || !isObject(expected))
    return `${path} is ${told(found)}, not ${told(expected)}`.trim();
  const [kind, wanted] = [found, expected].map((value) => value.constructor?.name);
  if (kind !== wanted) return `${path} is of ${kind}, not ${wanted}`.trim();
  if (isList(found) && isList(expected)) {
    for (let i = 0; i < Math.min(found.length, expected.length); i++) {
      const difference = firstDifference(found[i], expected[i], `${path}[${i}]`);
      if (difference !== undefined) return difference;
    }
    return found.length === expected.length
      ? undefined
      : `${path} has ${found.length} elements, not ${expected.length}`.trim();
  }
  const [own, others] = [entriesOf(found), entriesOf(expected)];
  for (const key of new Set([...own.keys(), ...others.keys()])) {
    const place = `${path}.${String(key)}`;
    if (!own.has(key)) return `${place} is missing`;
    if (!others.has(key)) return `${place} is one too many`;
    const difference = firstDifference(own.get(key), others.get(key), place);
    if (difference !== undefined) return difference;
  }
  return undefined;
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

const told = (value: unknown): string => (typeof value === 'string' ? JSON.stringify(value) : String(value));

const isList = (value: object): value is ArrayLike<unknown> =>
  Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));

/** The parts of an object, by their keys. */
function entriesOf(value: object): ReadonlyMap<unknown, unknown> {
  if (value instanceof Map) return value;
  return value instanceof Set
    ? new Map([...value].entries())
    : new Map<string, unknown>(Object.entries(value));
}

/** The number of leaves, up to a few more than are large. */
function countOf(value: unknown): number {
  if (!isObject(value)) return 1;
  if (ArrayBuffer.isView(value)) return value.byteLength;
  let count = 0;
  for (const part of isList(value) ? Array.from(value) : entriesOf(value).values()) {
    count += countOf(part);
    if (count > LARGE) break;
  }
  return count;
}

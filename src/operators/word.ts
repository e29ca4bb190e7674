import type { Context } from './operator.ts';

/** A text attribute that is one of the keys of a table; others have no gradient. */
export function wordOf<Key extends string>(
  c: Context,
  attribute: string,
  fallback: Key,
  table: Readonly<Record<Key, unknown>>,
): Key {
  const text = c.text(attribute, fallback);
  return Object.hasOwn(table, text) ? (text as Key) : c.unsupported(`${attribute} "${text}"`);
}

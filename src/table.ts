import { InternalError } from './errors.ts';

/**
 * Merges tables into one map.
 * @throws {InternalError} when two of them share a key.
 */
export function mergeTables<Row>(tables: Iterable<Readonly<Record<string, Row>>>): ReadonlyMap<string, Row> {
  const merged = new Map<string, Row>();
  for (const table of tables) {
    for (const [key, row] of Object.entries(table)) {
      if (merged.has(key)) throw new InternalError(`Two tables have a row "${key}".`);
      merged.set(key, row);
    }
  }
  return merged;
}

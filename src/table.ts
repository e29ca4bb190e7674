import { InternalError } from './errors.ts';

/** Tables as one map. @throws {InternalError} when two of them have a row of the same key. */
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

import type { Preprocessing } from '../image/preprocess.ts';
import { readPythonLiteral } from './python-literal.ts';

/** What an exporter of Ultralytics writes into a model's metadata (ultralytics/engine/exporter.py). */
export interface UltralyticsMetadata {
  readonly task: string;
  readonly names: readonly string[];
  /** How its tools prepare a picture. */
  readonly preprocessing: Partial<Preprocessing>;
}

/** The settings in a model's metadata; undefined if another tool exported it. */
export function ultralyticsMetadata(metadata: ReadonlyMap<string, string>): UltralyticsMetadata | undefined {
  const [task, names] = [metadata.get('task'), metadata.get('names')];
  if (task === undefined || names === undefined) return undefined;
  const size = readPythonLiteral(metadata.get('imgsz') ?? '');
  const [height, width] = Array.isArray(size) ? (size as unknown[]) : [];
  return {
    task,
    names: namesOf(readPythonLiteral(names)),
    preprocessing: {
      fit: task === 'classify' ? 'crop' : 'letterbox',
      range: [0, 1],
      mean: [0],
      std: [1],
      ...(isSide(height) && isSide(width) && { height, width }),
    },
  };
}

const isSide = (value: unknown): value is number => Number.isInteger(value) && (value as number) > 0;

/** Names by index: `{0: 'cat', 1: 'dog'}`; none if an index is missing. */
function namesOf(found: unknown): string[] {
  if (!(found instanceof Map)) return [];
  const names = Array.from({ length: found.size }, (_, index) => (found as Map<unknown, unknown>).get(index));
  return names.every((name) => typeof name === 'string') ? names : [];
}

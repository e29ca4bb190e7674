import type { Preprocessing } from '../image/preprocess.ts';
import { readPythonLiteral } from './python-literal.ts';
import { isSide } from './settings-file.ts';

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
  const [height, width = height] = [readPythonLiteral(metadata.get('imgsz') ?? '')].flat();
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

/** Names in a list, or by index: `{0: 'cat', 1: 'dog'}`; none if an index is missing. */
function namesOf(found: unknown): string[] {
  if (Array.isArray(found)) return found.every((name) => typeof name === 'string') ? found : [];
  if (!(found instanceof Map)) return [];
  const names = Array.from({ length: found.size }, (_, index) => (found as Map<unknown, unknown>).get(index));
  return names.every((name) => typeof name === 'string') ? names : [];
}

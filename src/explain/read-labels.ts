import { CamError } from '../errors.ts';
import { readFile } from '../platform/files.ts';

/** Temporary */
export async function readLabels(source: string | URL): Promise<string[]> {
  const bytes = await readFile(source).catch((cause: unknown) => {
    throw new CamError(
      'BAD_LABELS',
      `The labels "${String(source)}" cannot be read: ${(cause as Error).message}.`,
      { cause, option: 'labels' },
    );
  });
  return new TextDecoder().decode(bytes).trimEnd().split(/\r?\n/);
}

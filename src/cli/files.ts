import { resolve } from 'node:path';
import { CamError, type ErrorCode } from '../errors.ts';
import { readFile } from '../platform/files.ts';

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'There is no such file.',
  ENOTDIR: 'There is no such file.',
  EISDIR: 'This is a folder.',
  EACCES: 'This file may not be read.',
};

/** The bytes of a file that the user named. @throws CamError of the given code, ending in `next`. */
export async function readNamed(
  cwd: string,
  path: string,
  code: ErrorCode,
  next: string,
): Promise<Uint8Array> {
  try {
    return await readFile(resolve(cwd, path));
  } catch (cause) {
    const { code: system = '', message } = cause as NodeJS.ErrnoException;
    throw new CamError(code, `${REASONS[system] ?? `This file cannot be read: ${message}.`} ${next}`, {
      cause,
    });
  }
}

import { resolve } from 'node:path';
import { CamError, type ErrorCode } from '../errors.ts';
import { readOr } from '../platform/files.ts';

/** The bytes of a file that the user named. @throws {CamError} of the given code, ending in `next`. */
export const readNamed = (cwd: string, path: string, code: ErrorCode, next: string): Promise<Uint8Array> =>
  readOr(resolve(cwd, path), (why, cause) => new CamError(code, `${why} ${next}`, { cause }));

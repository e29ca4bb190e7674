import { resolve } from 'node:path';
import { CamError, type ErrorCode, readBytes } from '../index.ts';

/**
 * Reads a file or address named by the user.
 * @throws {CamError} the given code, with a message that ends in `next`.
 */
export const readNamed = (cwd: string, path: string, code: ErrorCode, next: string): Promise<Uint8Array> =>
  readBytes(
    isWebAddress(path) ? path : resolve(cwd, path),
    (why, cause) => new CamError(code, `${why} ${next}`, { cause }),
  );

/** Whether an argument is an address instead of a path. */
export const isWebAddress = (argument: string): boolean => /^https?:\/\//i.test(argument);

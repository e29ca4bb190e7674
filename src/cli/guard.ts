import { realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { platform } from 'node:process';
import { fileURLToPath } from 'node:url';
import { badOption } from '../options/index.ts';

/**
 * Claims a path for a result.
 * @throws {CamError} BAD_OPTION when it belongs to an input or another result.
 */
export type Guard = (path: string) => Promise<void>;

/** Prevents results from overwriting inputs, however spelled or linked, and each other. */
export async function guard(cwd: string, inputs: readonly (string | URL)[]): Promise<Guard> {
  const taken = new Map<string, string>();
  for (const input of inputs) {
    const path = inputPath(input);
    if (path !== undefined) taken.set(await identity(resolve(cwd, path)), 'an input');
  }
  return async (path) => {
    const key = await identity(resolve(cwd, path));
    const holder = taken.get(key);
    if (holder) {
      throw badOption(
        undefined,
        `This would overwrite "${path}", ${holder}. Choose another place with -o/--output.`,
      );
    }
    taken.set(key, 'another result');
  };
}

/** Undefined unless it is a local file. */
function inputPath(input: string | URL): string | undefined {
  if (typeof input === 'string') return input;
  return input.protocol === 'file:' ? fileURLToPath(input) : undefined;
}

/** A unique key for a file, whatever the path: its inode or, if it does not exist yet, its name in the real folder. */
async function identity(path: string): Promise<string> {
  try {
    const found = await stat(path, { bigint: true });
    return found.isFile() ? `${found.dev}:${found.ino}` : await realpath(path);
  } catch {
    const folder = dirname(path);
    if (folder === path) return path;
    return join(await identityOfFolder(folder), foldsCase ? basename(path).toLowerCase() : basename(path));
  }
}

const identityOfFolder = (path: string): Promise<string> => realpath(path).catch(() => identity(path));

const foldsCase = platform === 'darwin' || platform === 'win32';

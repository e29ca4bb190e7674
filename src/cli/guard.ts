import { realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { platform } from 'node:process';
import { fileURLToPath } from 'node:url';
import { badOption } from '../errors.ts';

/** Claims a path for a result. @throws {CamError} BAD_OPTION when it is an input's, or another result's. */
export type Guard = (path: string) => Promise<void>;

/** Keeps results from overwriting inputs, however these are spelled or linked, and each other. */
export async function guard(cwd: string, inputs: readonly (string | URL)[]): Promise<Guard> {
  const taken = new Map<string, string>();
  for (const input of inputs) {
    const path = inputPath(input);
    if (path !== undefined) taken.set(await identity(resolve(cwd, path)), 'which is an input');
  }
  return async (path) => {
    const key = await identity(resolve(cwd, path));
    const holder = taken.get(key);
    if (holder) {
      throw badOption(
        undefined,
        `This would write "${path}", ${holder}. Choose another place with -o/--output.`,
      );
    }
    taken.set(key, 'which is where another result goes');
  };
}

/** Undefined for what is not a file of this machine. */
function inputPath(input: string | URL): string | undefined {
  if (typeof input === 'string') return input;
  return input.protocol === 'file:' ? fileURLToPath(input) : undefined;
}

/** The same text for all paths of one file: its inode, or its place in a real folder where it does not exist yet. */
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

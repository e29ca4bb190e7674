import { environmentVariable } from './environment.ts';
import { nodeModule } from './node.ts';

/** What decides on the cache folder. */
export interface CacheFacts {
  readonly platform: string;
  readonly home: string;
  readonly variable: (name: string) => string | undefined;
}

/**
 * The folder for files that can be downloaded again: CAMWASM_CACHE, or `camwasm` in the platform's folder
 * (https://specifications.freedesktop.org/basedir-spec/latest/, which ignores relative paths).
 */
export function cacheFolderFor({ platform, home, variable }: CacheFacts): string {
  const path = nodeModule('node:path')[platform === 'win32' ? 'win32' : 'posix'];
  const own = variable('CAMWASM_CACHE');
  if (own !== undefined) return own;
  const shared = variable('XDG_CACHE_HOME');
  if (shared !== undefined && path.isAbsolute(shared)) return path.join(shared, 'camwasm');
  if (platform === 'win32') {
    const local = variable('LOCALAPPDATA') ?? path.join(home, 'AppData', 'Local');
    return path.join(local, 'camwasm', 'Cache');
  }
  return platform === 'darwin'
    ? path.join(home, 'Library', 'Caches', 'camwasm')
    : path.join(home, '.cache', 'camwasm');
}

/** The cache folder of this user; undefined in runtimes without files, or if the home folder is unknown. */
export function cacheFolder(): string | undefined {
  try {
    const { homedir, platform } = nodeModule('node:os');
    const own = environmentVariable('CAMWASM_CACHE');
    // In Deno, asking for the home folder takes a permission of its own.
    const home = own === undefined ? homedir() : '';
    return nodeModule('node:path').resolve(
      cacheFolderFor({ platform: platform(), home, variable: environmentVariable }),
    );
  } catch {
    return undefined;
  }
}

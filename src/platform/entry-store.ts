import { type Bytes, concatenate, hexadecimal } from './bytes.ts';
import type { Draft, FileStore } from './file-store.ts';

/** Bytes by path. */
export interface Entries {
  readonly get: (path: string) => Promise<Uint8Array | undefined>;
  readonly sizeOf: (path: string) => Promise<number | undefined>;
  readonly set: (path: string, bytes: Uint8Array) => Promise<void>;
  readonly paths: () => Promise<readonly string[]>;
  readonly delete: (path: string) => Promise<void>;
}

/** A store whose files are kept whole. A download that is interrupted starts again. */
export function entryStore(title: string, entries: Entries): FileStore {
  return {
    title,
    pathOf: () => undefined,
    sizeOf: entries.sizeOf,
    async read(path) {
      const bytes = await entries.get(path);
      if (!bytes) throw new Error(`${path} is missing`);
      return bytes;
    },
    write: entries.set,
    draft: (path) => Promise.resolve(draftOf((bytes) => entries.set(path, bytes))),
    list: async (name) => (await entries.paths()).filter((path) => path.endsWith(`/${name}`)).sort(),
    async remove(folder) {
      const inside = (await entries.paths()).filter((path) => path.startsWith(`${folder}/`));
      await Promise.all(inside.map(entries.delete));
    },
  };
}

function draftOf(keep: (bytes: Uint8Array) => Promise<void>): Draft {
  let parts: Uint8Array[] = [];
  let validator: string | undefined;
  const restart = (next?: string) => {
    parts = [];
    validator = next;
    return Promise.resolve();
  };
  return {
    get size() {
      return parts.reduce((sum, { length }) => sum + length, 0);
    },
    get validator() {
      return validator;
    },
    restart,
    append(bytes) {
      parts.push(bytes);
      return Promise.resolve();
    },
    digest: async () =>
      hexadecimal(new Uint8Array(await crypto.subtle.digest('SHA-256', concatenate(parts)))),
    finish: () => keep(concatenate(parts)),
    release: () => restart(),
    discard: () => restart(),
  };
}

export function memoryEntries(): Entries {
  const files = new Map<string, Uint8Array>();
  return {
    get: (path) => Promise.resolve(files.get(path)),
    sizeOf: (path) => Promise.resolve(files.get(path)?.length),
    set: (path, bytes) => Promise.resolve(void files.set(path, bytes)),
    paths: () => Promise.resolve([...files.keys()]),
    delete: (path) => Promise.resolve(void files.delete(path)),
  };
}

/** Never resolved: the Cache API names everything by an address. */
const BASE = 'https://models.camwasm.invalid/';

/** Entries in the Cache API; undefined where it is missing (insecure pages) or forbidden (sandboxed frames). */
export async function cachedEntries(): Promise<Entries | undefined> {
  let cache: Cache;
  try {
    const { caches } = globalThis as { caches?: CacheStorage };
    if (!caches) return undefined;
    cache = await caches.open('camwasm-models');
  } catch {
    return undefined;
  }
  const addressOf = (path: string) => new URL(path, BASE).href;
  return {
    async get(path) {
      const kept = await cache.match(addressOf(path));
      return kept && new Uint8Array(await kept.arrayBuffer());
    },
    async sizeOf(path) {
      const kept = await cache.match(addressOf(path));
      return kept && Number(kept.headers.get('content-length'));
    },
    set: (path, bytes) =>
      cache.put(
        addressOf(path),
        new Response(bytes as Bytes, { headers: { 'content-length': String(bytes.length) } }),
      ),
    // Deno cannot list a cache.
    paths: async () =>
      'keys' in cache ? (await cache.keys()).map(({ url }) => decodeURI(url.slice(BASE.length))) : [],
    delete: async (path) => void (await cache.delete(addressOf(path))),
  };
}

import { cacheFolder } from './cache-folder.ts';
import { cachedEntries, entryStore, memoryEntries } from './entry-store.ts';
import { isGranted } from './environment.ts';
import { folderStore } from './folder-store.ts';

/** Files that outlive a call, by their path with slashes. */
export interface FileStore {
  /** Where the files are, for people. */
  readonly title: string;
  /** Path of a file on disk; undefined if the files are elsewhere. */
  readonly pathOf: (path: string) => string | undefined;
  /** Number of bytes; undefined if there is no such file. */
  readonly sizeOf: (path: string) => Promise<number | undefined>;
  /** @throws what the system says when the file is missing. */
  readonly read: (path: string) => Promise<Uint8Array>;
  /** Writes a file whole or not at all. */
  readonly write: (path: string, bytes: Uint8Array) => Promise<void>;
  /** A file that is being downloaded; continues one that was interrupted, if there is one. */
  readonly draft: (path: string) => Promise<Draft>;
  /** Paths of all files with that name, in any folder; empty where the runtime cannot list them. */
  readonly list: (name: string) => Promise<readonly string[]>;
  /** Removes a folder with all that is in it. */
  readonly remove: (folder: string) => Promise<void>;
}

/** A file in the making. Nobody else writes to it. */
export interface Draft {
  /** Number of bytes so far. */
  readonly size: number;
  /** What the server calls this version of the file: an ETag; undefined if it says nothing. */
  readonly validator: string | undefined;
  /** Starts again from the first byte. */
  readonly restart: (validator: string | undefined) => Promise<void>;
  readonly append: (bytes: Uint8Array) => Promise<void>;
  /** SHA-256 of the bytes so far, in hexadecimal digits; nothing may be appended afterwards. */
  readonly digest: () => Promise<string>;
  /** The draft becomes the file. */
  readonly finish: () => Promise<void>;
  /** Leaves the draft for a later attempt, of any process. */
  readonly release: () => Promise<void>;
  readonly discard: () => Promise<void>;
}

/** Files of runtimes that can keep none: gone with the process. */
const MEMORY: FileStore = entryStore('memory', memoryEntries());

/**
 * Where downloaded files are kept: a folder, by default the user's cache folder; where there are no files, or Deno does
 * not permit writing them, the Cache API; else memory.
 */
export async function fileStore(folder: string | undefined = cacheFolder()): Promise<FileStore> {
  if (folder !== undefined && writable(folder)) return folderStore(folder);
  const entries = await cachedEntries();
  return entries ? entryStore("the runtime's Cache API", entries) : MEMORY;
}

/** Files that are forgotten with the process, for when no other place can be written. */
export const memoryStore = (): FileStore => MEMORY;

const writable = (path: string): boolean => isGranted('read', { path }) && isGranted('write', { path });

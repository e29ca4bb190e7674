import type { FileStore } from '../platform/file-store.ts';
import { isRecord } from '../table.ts';
import type { RemoteReference } from './reference.ts';

/** A downloaded model, as its `model.json` says. */
export interface StoredModel {
  readonly reference: string;
  /** Where it came from. */
  readonly origin: string;
  /** The version that is here: a commit, a checksum, an ETag. */
  readonly version: string | undefined;
  /** Folder of this version in the store; the model's path in it is that of the first file. */
  readonly folder: string;
  readonly files: readonly EntryFile[];
}

export interface EntryFile {
  /** Relative to the folder. */
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

export const MANIFEST = 'model.json';

/** The folder of a model in a store: its name, made fit for every file system. */
export function modelFolder({ text }: Pick<RemoteReference, 'text'>): string {
  const plain = text.replace(/^https?:\/\//, '').replace(/[^\w.-]+/g, '--');
  // Distinguishes what has become the same, and file systems that ignore case.
  return plain === text ? plain : `${plain.slice(-100)}--${fingerprint(text)}`;
}

/** FNV-1a, 32 bits: the names of a few models do not collide by accident. */
function fingerprint(text: string): string {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, '0');
}

/** A model that is here with all its files; undefined otherwise. */
export async function storedEntry(
  store: FileStore,
  reference: RemoteReference,
): Promise<StoredModel | undefined> {
  const entry = await readEntry(store, `${modelFolder(reference)}/${MANIFEST}`);
  if (entry?.reference !== reference.text) return undefined;
  // The file of a name may change with a new version of the table.
  return reference.kind === 'known' && entry.version !== reference.model.sha256 ? undefined : entry;
}

/** Every model that is here. */
export async function storedEntries(store: FileStore): Promise<StoredModel[]> {
  const found = await Promise.all((await store.list(MANIFEST)).map((path) => readEntry(store, path)));
  return found.filter((entry) => entry !== undefined);
}

export const writeEntry = (store: FileStore, reference: RemoteReference, entry: StoredModel): Promise<void> =>
  store.write(
    `${modelFolder(reference)}/${MANIFEST}`,
    new TextEncoder().encode(`${JSON.stringify(entry, null, 2)}\n`),
  );

async function readEntry(store: FileStore, path: string): Promise<StoredModel | undefined> {
  try {
    const entry: unknown = JSON.parse(new TextDecoder().decode(await store.read(path)));
    if (!isEntry(entry)) return undefined;
    const sizes = await Promise.all(entry.files.map((file) => store.sizeOf(`${entry.folder}/${file.path}`)));
    return entry.files.every(({ bytes }, i) => bytes === sizes[i]) ? entry : undefined;
  } catch {
    return undefined; // missing, or damaged: it is downloaded again
  }
}

const isEntry = (value: unknown): value is StoredModel =>
  isRecord(value) &&
  [value.reference, value.origin, value.folder].every((text) => typeof text === 'string') &&
  ['string', 'undefined'].includes(typeof value.version) &&
  Array.isArray(value.files) &&
  value.files.length > 0 &&
  value.files.every(
    (file) =>
      isRecord(file) &&
      typeof file.path === 'string' &&
      typeof file.bytes === 'number' &&
      typeof file.sha256 === 'string',
  );

export const entryBytes = ({ files }: StoredModel): number =>
  files.reduce((sum, { bytes }) => sum + bytes, 0);

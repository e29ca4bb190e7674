import { fetchFile, type FetchLimits } from './fetch.ts';
import { nodeModule } from './node.ts';
import { runtime } from './runtime.ts';

/**
 * Reads a file or URL. Rejects with the system's error, since only the caller knows the file's purpose. In browsers
 * every place is a URL.
 */
export async function readFile(place: string | URL, limits?: FetchLimits): Promise<Uint8Array> {
  const url = addressOf(place);
  return url ? fetchFile(url, limits) : plain(await nodeModule('node:fs/promises').readFile(pathOf(place)));
}

/**
 * The real path of a file, behind all links, that lies beside another one: in its folder, or in that of the file that the
 * other one links to. Undefined for other places, and for what is not a file, such as a pipe; a URL is returned as it is.
 */
export async function besideFile(
  place: string | URL,
  other: string | URL,
): Promise<string | URL | undefined> {
  if (addressOf(place)) return place;
  const { realpath, stat } = nodeModule('node:fs/promises');
  const { dirname, sep } = nodeModule('node:path');
  const [file, link] = [await realpath(pathOf(place)), await realpath(pathOf(other))];
  const given = pathOf(other);
  const { fileURLToPath } = nodeModule('node:url');
  const folders = [
    dirname(link),
    await realpath(dirname(given instanceof URL ? fileURLToPath(given) : given)),
  ];
  const isBeside = folders.some((folder) => file.startsWith(folder.endsWith(sep) ? folder : folder + sep));
  return isBeside && (await stat(file)).isFile() ? file : undefined;
}

/** Names in a folder; undefined if the place is not one. */
export async function folderNames(place: string | URL): Promise<string[] | undefined> {
  if (addressOf(place)) return undefined;
  try {
    return await nodeModule('node:fs/promises').readdir(pathOf(place));
  } catch {
    return undefined;
  }
}

const REASONS: ReadonlyMap<string | undefined, string> = new Map([
  ['ENOENT', 'There is no such file.'],
  ['ENOTDIR', 'There is no such file.'],
  ['EISDIR', 'This is a folder.'],
  ['EACCES', 'Permission to read it is denied.'],
]);

/** Limits on images and labels from an address. */
const ADDRESS_LIMITS: FetchLimits = { bytes: 100e6, milliseconds: 60_000 };

/**
 * The bytes of a file or URL, as the library reads them: from a URL at most 100 MB, in at most a minute. `error` wraps
 * the reason, a sentence.
 *
 * @example
 * const bytes = await readBytes('photo.jpg', (why) => new CamError('BAD_IMAGE', `${why} Check the path.`));
 */
export async function readBytes(
  place: string | URL,
  error: (why: string, cause: unknown) => Error,
): Promise<Uint8Array> {
  try {
    return await readFile(place, ADDRESS_LIMITS);
  } catch (cause) {
    const { code, message } = cause as { code?: string; message?: string };
    throw error(REASONS.get(code) ?? `It cannot be read: ${message}.`, cause);
  }
}

function addressOf(place: string | URL): URL | undefined {
  if (place instanceof URL) return place.protocol === 'file:' ? undefined : place;
  if (runtime() === 'browser') return new URL(place, globalThis.location.href);
  return /^(https?|data):/.test(place) ? new URL(place) : undefined;
}

/** Like `readFile`, at the start of a larger buffer: the caller may write to the `room` bytes after it. */
export async function readFileWithRoom(place: string | URL, room: number): Promise<Uint8Array> {
  const url = addressOf(place);
  if (url) return withRoom(await fetchFile(url), room);
  const file = await nodeModule('node:fs/promises').open(pathOf(place));
  try {
    const { size } = await file.stat();
    const bytes = new Uint8Array(size + room).subarray(0, size);
    for (let at = 0; at < size;) {
      const { bytesRead } = await file.read(bytes, at, size - at, at);
      if (bytesRead === 0) return bytes.subarray(0, at);
      at += bytesRead;
    }
    return bytes;
  } finally {
    await file.close();
  }
}

/** The path of a `file:` URL; undefined for other addresses. */
export const filePath = (url: URL): string | undefined =>
  url.protocol === 'file:' ? nodeModule('node:url').fileURLToPath(url) : undefined;

/** A path, or a `file:` URL. */
const pathOf = (place: string | URL): string | URL =>
  typeof place === 'string' && place.startsWith('file:') ? new URL(place) : place;

// Node's Buffer is a Uint8Array whose slice() shares memory; it must not leave this folder.
function plain({ buffer, byteOffset, byteLength }: Uint8Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function withRoom(bytes: Uint8Array, room: number): Uint8Array {
  const whole = new Uint8Array(bytes.length + room);
  whole.set(bytes);
  return whole.subarray(0, bytes.length);
}

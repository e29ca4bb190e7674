import { CamError } from '../errors.ts';
import { fetchFile } from './fetch.ts';
import { nodeModule } from './node.ts';
import { runtime } from './runtime.ts';

/**
 * The bytes of a file or URL; rejects with the system's own error, since only the caller knows what the file is for. In a
 * browser every place is a URL.
 */
export async function readFile(place: string | URL): Promise<Uint8Array> {
  const url = addressOf(place);
  return url ? fetchFile(url) : plain(await nodeModule('node:fs/promises').readFile(pathOf(place)));
}

const REASONS: ReadonlyMap<string | undefined, string> = new Map([
  ['ENOENT', 'There is no such file.'],
  ['ENOTDIR', 'There is no such file.'],
  ['EISDIR', 'This is a folder.'],
  ['EACCES', 'This file may not be read.'],
]);

/** The bytes of a file that a caller named; what went wrong, as a sentence, goes into an error of the caller's. */
export async function readOr(
  place: string | URL,
  error: (why: string, cause: unknown) => Error,
): Promise<Uint8Array> {
  try {
    return await readFile(place);
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

/**
 * The same at the start of a larger buffer: the caller may write to the `room` bytes after the file's.
 */
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

/** A path, or the address of a file. */
const pathOf = (place: string | URL): string | URL =>
  typeof place === 'string' && place.startsWith('file:') ? new URL(place) : place;

/** All of standard input. */
export async function readStdin(): Promise<Uint8Array> {
  return plain(await nodeModule('node:stream/consumers').buffer(nodeModule('node:process').stdin));
}

/**
 * Writes a file whole or not at all: to a neighbor first, which then takes its name. Folders on the way are made;
 * what is not a plain file (a device, a pipe) is written to as it is.
 * @throws {CamError} OUTPUT when the system refuses.
 */
export async function writeFile(path: string, bytes: Uint8Array | string): Promise<void> {
  try {
    const fs = nodeModule('node:fs/promises');
    const { dirname, join } = nodeModule('node:path');
    const folder = dirname(path);
    await fs.mkdir(folder, { recursive: true });
    const target = await fs.realpath(path).catch(() => path);
    const stat = await fs.stat(target).catch(() => undefined);
    if (stat && !stat.isFile()) return await fs.writeFile(target, bytes);
    const neighbor = join(dirname(target), `.${crypto.randomUUID()}.part`);
    try {
      await fs.writeFile(neighbor, bytes);
      await fs.rename(neighbor, target);
    } catch (cause) {
      await fs.rm(neighbor, { force: true });
      throw cause;
    }
  } catch (cause) {
    throw new CamError('OUTPUT', `Cannot write ${path}: ${(cause as Error).message}. Choose another place.`, {
      cause,
    });
  }
}

// Node's Buffer is a Uint8Array whose slice() shares memory: what leaves this folder is a plain one.
function plain({ buffer, byteOffset, byteLength }: Uint8Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function withRoom(bytes: Uint8Array, room: number): Uint8Array {
  const whole = new Uint8Array(bytes.length + room);
  whole.set(bytes);
  return whole.subarray(0, bytes.length);
}

import { CamError } from '../errors.ts';

/** The bytes of a file; rejects with the system's own error, as only the caller knows what the file was to be. */
export async function readFile(path: string | URL): Promise<Uint8Array> {
  const { readFile } = await import('node:fs/promises');
  return plain(await readFile(path));
}

/**
 * The same at the start of a larger buffer: `room` bytes behind the file's are the caller's to write to.
 */
export async function readFileWithRoom(path: string | URL, room: number): Promise<Uint8Array> {
  const { open } = await import('node:fs/promises');
  const file = await open(path);
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

/** All of standard input. */
export async function readStdin(): Promise<Uint8Array> {
  const { stdin } = await import('node:process');
  const { buffer } = await import('node:stream/consumers');
  return plain(await buffer(stdin));
}

/**
 * Writes a file whole or not at all: to a neighbour first, which then takes its name. Folders on the way are made;
 * what is not a plain file (a device, a pipe) is written to as it is.
 * Throws `OUTPUT` when the system refuses.
 */
export async function writeFile(path: string, bytes: Uint8Array | string): Promise<void> {
  const fs = await import('node:fs/promises');
  const { dirname, join } = await import('node:path');
  try {
    const folder = dirname(path);
    await fs.mkdir(folder, { recursive: true });
    const target = await fs.realpath(path).catch(() => path);
    const stat = await fs.stat(target).catch(() => undefined);
    if (stat && !stat.isFile()) return await fs.writeFile(target, bytes);
    const neighbour = join(dirname(target), `.${crypto.randomUUID()}.part`);
    try {
      await fs.writeFile(neighbour, bytes);
      await fs.rename(neighbour, target);
    } catch (cause) {
      await fs.rm(neighbour, { force: true });
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

import * as fs from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { CamError } from '../options/index.ts';

/**
 * Writes a file completely or not at all: to a temporary neighbor, then renamed. Creates missing folders. Writes
 * directly to anything but a regular file (a device, a pipe).
 * @throws {CamError} OUTPUT when the system refuses.
 */
export async function writeFile(path: string, bytes: Uint8Array | string): Promise<void> {
  try {
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

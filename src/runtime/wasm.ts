import { readFileWithRoom } from '../platform/files.ts';
import { dependencyFile } from '../platform/package.ts';

/** What onnxruntime-web's build for Node, Deno and Bun loads, and the versions that this is known of. */
const FILE = 'onnxruntime-web/ort-wasm-simd-threaded.wasm';
const VERSIONS = /^1\.30\./;

/**
 * onnxruntime-web's wasm, where it lies on a disk. By itself it reads the file while the thread waits, and copies the
 * 14 MB once more; a buffer is used as it is. Undefined leaves it to onnxruntime-web, which has words for what fails.
 */
export async function wasmOnDisk(version: string | undefined): Promise<ArrayBuffer | undefined> {
  const path = VERSIONS.test(version ?? '') ? dependencyFile(FILE) : undefined;
  const bytes = path === undefined ? undefined : await readFileWithRoom(path, 0).catch(() => undefined);
  return bytes?.buffer as ArrayBuffer | undefined;
}

import { readFileWithRoom } from '../platform/files.ts';
import { dependencyFile } from '../platform/package.ts';

/** The file that onnxruntime-web's build for Node, Deno and Bun loads, in the versions known to do so. */
const FILE = 'onnxruntime-web/ort-wasm-simd-threaded.wasm';
const VERSIONS = /^1\.30\./;

/**
 * onnxruntime-web's wasm from the disk. onnxruntime-web itself would read the file synchronously and copy its 14 MB; it
 * uses a buffer as it is. Undefined leaves the loading, and its errors, to onnxruntime-web.
 */
export async function wasmOnDisk(version: string | undefined): Promise<ArrayBuffer | undefined> {
  const path = VERSIONS.test(version ?? '') ? dependencyFile(FILE) : undefined;
  const bytes = path === undefined ? undefined : await readFileWithRoom(path, 0).catch(() => undefined);
  return bytes?.buffer as ArrayBuffer | undefined;
}

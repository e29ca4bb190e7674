import { readFileWithRoom } from '../platform/files.ts';
import { dependencyFile } from '../platform/package.ts';

/** The file that onnxruntime-web's build for Node, Deno and Bun loads, in the tested versions. */
const FILE = 'onnxruntime-web/ort-wasm-simd-threaded.wasm';
const VERSIONS = /^1\.30\./;

/**
 * Reads onnxruntime-web's wasm from disk. onnxruntime-web would read it synchronously and copy its 14 MB, but uses a
 * given buffer directly. Undefined leaves loading, and its errors, to onnxruntime-web.
 */
export async function wasmOnDisk(version: string | undefined): Promise<ArrayBuffer | undefined> {
  const path = VERSIONS.test(version ?? '') ? dependencyFile(FILE) : undefined;
  const bytes = path === undefined ? undefined : await readFileWithRoom(path, 0).catch(() => undefined);
  return bytes?.buffer as ArrayBuffer | undefined;
}

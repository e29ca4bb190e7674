import type * as Ort from 'onnxruntime-web';
import { CamError } from '../errors.ts';
import { cpuCount } from '../platform/cpu.ts';

let runtime: Promise<typeof Ort> | undefined;

/**
 * onnxruntime-web, imported on first use. Its threads are set once in the life of the process, since it reads its
 * flags once and a failed start cannot be mended: `threads` of later calls is ignored.
 */
export function loadRuntime(threads?: number): Promise<typeof Ort> {
  if (threads !== undefined && !(Number.isInteger(threads) && threads >= 1 && threads <= 64)) {
    throw new CamError('BAD_OPTION', `threads must be a whole number from 1 to 64, not ${threads}.`);
  }
  runtime ??= import('onnxruntime-web').then(async (ort) => {
    ort.env.wasm.numThreads = threads ?? (await cpuCount());
    ort.env.logLevel = 'error';
    return ort;
  });
  return runtime;
}

import process from 'node:process';
import { setFlagsFromString } from 'node:v8';

interface Deno {
  permissions: { querySync(wanted: { name: 'env' }): { state: string } };
}

/**
 * For programs, not libraries: without permission to read the environment in Deno, makes it empty, so that packages
 * that read it on import (yargs, debug) neither prompt the user nor fail.
 */
export function settleEnvironment(): void {
  const { Deno } = globalThis as { Deno?: Deno };
  if (!Deno || Deno.permissions.querySync({ name: 'env' }).state === 'granted') return;
  Object.defineProperty(process, 'env', { value: {} });
}

/**
 * For programs, not libraries. V8 soon recompiles a wasm function with its optimizing compiler, so most of
 * onnxruntime-web's startup code is compiled twice, on the cores that run the model, and the process waits for it at
 * exit. Functions that run for seconds are optimized as before.
 */
export function optimizeLater(): void {
  setFlagsFromString('--wasm-tiering-budget=30000000');
}

import process from 'node:process';
import { setFlagsFromString } from 'node:v8';

interface Deno {
  permissions: { querySync(wanted: { name: 'env' }): { state: string } };
}

/**
 * For a program of its own, not for a library: where Deno was not allowed to show the environment, it is an empty one,
 * so that packages that look into it at import (yargs, debug) neither ask the user nor fail.
 */
export function settleEnvironment(): void {
  const { Deno } = globalThis as { Deno?: Deno };
  if (!Deno || Deno.permissions.querySync({ name: 'env' }).state === 'granted') return;
  Object.defineProperty(process, 'env', { value: {} });
}

/**
 * For a program of its own, too. V8 has its optimizing compiler redo a wasm function that has run for a while, so soon
 * that most of what onnxruntime-web does to start is redone, on the cores that run the model and with the process
 * waiting for it at its end. What runs for seconds is optimized as before.
 */
export function optimizeLater(): void {
  setFlagsFromString('--wasm-tiering-budget=30000000');
}

import { nodeModule } from './node.ts';
import { runtime } from './runtime.ts';

// Each wasm thread is a worker to start and synchronize.
export const DEFAULT_THREADS = 8;

/** Number of threads to use: the cores of the machine, at most 8. */
export function cpuCount(): number {
  const { navigator } = globalThis as { navigator?: { hardwareConcurrency?: number } };
  const cores = navigator?.hardwareConcurrency ?? nodeModule('node:os').availableParallelism();
  return Math.max(1, Math.min(cores, DEFAULT_THREADS));
}

/** Why wasm cannot use threads here; undefined if it can. */
export function whyNoThreads(): string | undefined {
  const where = runtime();
  if (where === 'node' || where === 'bun') return undefined;
  // The thread fails with "memory access out of bounds", and the one waiting for it never returns.
  if (where === 'deno') return "onnxruntime-web's threads break in Deno once their memory has grown";
  if (where !== 'browser') return 'this runtime has no workers that share memory';
  return (globalThis as { crossOriginIsolated?: boolean }).crossOriginIsolated
    ? undefined
    : 'the page is not cross-origin isolated (headers COOP: same-origin and COEP: require-corp)';
}

import { bind } from './bind.ts';
import type { Kernels } from './kernels.ts';
import { instantiate } from './load.ts';

export { alignCorners, halfPixel, type Axis, type Grid } from './grid.ts';
export type { Kernels, MaskOptions } from './kernels.ts';
export type { Plane, Volume } from './volume.ts';

/**
 * Starts the kernels, with a memory of their own.
 *
 * @param source the compiled kernels, where the inlined ones cannot be used (Cloudflare Workers only run deployed modules).
 * @throws {CamError} RUNTIME where WebAssembly or its SIMD instructions are missing.
 */
export async function loadKernels(source?: KernelsSource): Promise<Kernels> {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const kernels = bind(await instantiate(memory, source), memory);
  given ??= source;
  return kernels;
}

type KernelsSource = BufferSource | WebAssembly.Module;

/** The compiled kernels that worked first: a runtime that needs them passed needs them everywhere. */
let given: KernelsSource | undefined;
let sharedInstance: Promise<Kernels> | undefined;

/** Kernels for work outside of an explainer, such as drawing; started when first used. */
export function sharedKernels(): Promise<Kernels> {
  if (!sharedInstance) {
    sharedInstance = loadKernels(given);
    sharedInstance.catch(() => (sharedInstance = undefined)); // the next one may have better ones
  }
  return sharedInstance;
}

import { bind } from './bind.ts';
import type { Kernels } from './kernels.ts';
import { instantiate } from './load.ts';

export { alignCorners, halfPixel, type Axis, type Grid } from './grid.ts';
export type { Kernels, MaskOptions } from './kernels.ts';
export type { Plane, Volume } from './volume.ts';

/**
 * Starts the kernels, with a memory of their own.
 *
 * @param source the compiled kernels, where the inlined ones cannot be used (Cloudflare Workers only run a module that was
 *   deployed as one).
 * @throws CamError `RUNTIME` where WebAssembly or its SIMD instructions are missing.
 */
export async function loadKernels(source?: BufferSource | WebAssembly.Module): Promise<Kernels> {
  const memory = new WebAssembly.Memory({ initial: 1 });
  return bind(await instantiate(memory, source), memory);
}

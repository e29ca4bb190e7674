import { bind } from './bind.ts';
import type { Kernels } from './kernels.ts';
import { instantiate } from './load.ts';

export { alignCorners, halfPixel, type Axis, type Grid } from './grid.ts';
export type { Kernels, MaskOptions } from './kernels.ts';
export {
  channelPlane,
  type Extent,
  extentOf,
  type Plane,
  positionsOf,
  sameExtent,
  type Volume,
} from './volume.ts';

/**
 * Starts the kernels, with their own memory.
 *
 * @param source the compiled kernels, for runtimes that cannot compile the inlined ones (Cloudflare Workers).
 * @throws {CamError} RUNTIME when WebAssembly or its SIMD instructions are missing.
 */
export async function loadKernels(source?: KernelsSource): Promise<Kernels> {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const kernels = bind(await instantiate(memory, source), memory);
  given ??= source;
  return kernels;
}

type KernelsSource = BufferSource | WebAssembly.Module;

/** The first compiled kernels that worked: a runtime that needs them needs them everywhere. */
let given: KernelsSource | undefined;
let sharedInstance: Promise<Kernels> | undefined;

/** Kernels for work outside an explainer, such as drawing; started on first use. */
export function sharedKernels(): Promise<Kernels> {
  if (!sharedInstance) {
    sharedInstance = loadKernels(given);
    sharedInstance.catch(() => (sharedInstance = undefined)); // the next call may pass working ones
  }
  return sharedInstance;
}

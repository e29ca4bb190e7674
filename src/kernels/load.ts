import { badOption, CamError } from '../errors.ts';
import type { Bytes } from '../platform/bytes.ts';
import { KERNELS_BASE64 } from './wasm.ts';

/**
 * The exports of assembly/, with the same names and argument order; the formulas are there. `out`, `a`, `w` and the
 * like are byte offsets into the imported memory, the rest are element counts.
 */
export interface KernelExports {
  weightedSum(out: number, a: number, w: number, scratch: number, channels: number, size: number): void;
  productSum(out: number, a: number, w: number, scratch: number, channels: number, size: number): void;
  reluProductSum(out: number, a: number, w: number, scratch: number, channels: number, size: number): void;
  spatialSum(out: number, a: number, channels: number, size: number): void;
  spatialDot(out: number, a: number, b: number, channels: number, size: number): void;
  relu(out: number, a: number, count: number): void;
  minMax(out: number, a: number, count: number, epsilon: number): void;
  multiplyMask(out: number, a: number, m: number, channels: number, size: number): void;
  magnitudes(out: number, a: number, w: number, channels: number, size: number): void;
  resample(
    out: number,
    a: number,
    scratch: number,
    height: number,
    width: number,
    rows: number,
    columns: number,
    scaleY: number,
    offsetY: number,
    scaleX: number,
    offsetX: number,
    zero: number,
  ): void;
  transpose(out: number, a: number, rows: number, columns: number): void;
  gram(out: number, a: number, scratch: number, rows: number, columns: number): void;
  colorize(out: number, v: number, table: number, count: number): void;
  overlay(out: number, image: number, v: number, table: number, weight: number, count: number): void;
}

/** Starts the kernels in `memory`. The default source is the build inlined in the package: nothing is fetched. */
export async function instantiate(
  memory: WebAssembly.Memory,
  source: BufferSource | WebAssembly.Module = inlined(),
): Promise<KernelExports> {
  const imports = { env: { memory } };
  try {
    const instance =
      source instanceof WebAssembly.Module
        ? await WebAssembly.instantiate(source, imports)
        : (await WebAssembly.instantiate(source, imports)).instance;
    if (isKernels(instance.exports)) return instance.exports;
  } catch (cause) {
    throw new CamError(
      'RUNTIME',
      `The kernels cannot start: ${(cause as Error).message}. ` +
        'They need WebAssembly with SIMD, as in Node 20, Deno 2, Bun 1 and every browser since 2023.',
      { cause },
    );
  }
  throw badOption(
    'modules.kernels',
    '`modules.kernels` is another WebAssembly module. Pass camwasm/kernels.wasm, compiled.',
  );
}

/** Whether the module exports the kernels; since they are built together, checking one is enough. */
const isKernels = (exports: object): exports is KernelExports =>
  'overlay' in exports && typeof exports.overlay === 'function';

function inlined(): Bytes {
  return Uint8Array.from(atob(KERNELS_BASE64), (character) => character.charCodeAt(0));
}

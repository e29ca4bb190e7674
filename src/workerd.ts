/**
 * camwasm for Cloudflare Workers and other runtimes that only run WebAssembly deployed with the code.
 *
 * @module
 */
import { badOption } from './errors.ts';
import { Explainer } from './explain/explainer.ts';
import type { LoadOptions, WasmModules } from './types.ts';

export { CamError, type ErrorCode } from './errors.ts';
export { Explainer, type ModelInfo } from './explain/explainer.ts';
export { onScale, overlay, toJPEG, toPNG } from './explain/overlay.ts';
export type * from './types.ts';

/**
 * Compiled WebAssembly. `runtime` and `kernels` are required. Without `jpeg`, a slower decoder is used; without `webp`,
 * WebP is not supported.
 */
export type EdgeModules = WasmModules & Required<Pick<WasmModules, 'runtime' | 'kernels'>>;

/**
 * Loads a model from its bytes, with compiled WebAssembly. The built-in model is `camwasm/models/efficientnet-lite0.onnx`; pass
 * the contents of `config.json` and `preprocessor_config.json` beside it as `config` and `preprocessor`.
 *
 * @example
 * import runtime from 'onnxruntime-web/ort-wasm-simd-threaded.wasm';
 * import kernels from 'camwasm/kernels.wasm';
 * const explainer = await loadExplainer(modelBytes, { runtime, kernels });
 * @throws {CamError} BAD_OPTION when a module is not compiled, and the errors of `Explainer.load`.
 */
export async function loadExplainer(
  model: Uint8Array | ArrayBuffer,
  modules: EdgeModules,
  options: Omit<LoadOptions, 'modules' | 'threads'> = {},
): Promise<Explainer> {
  for (const [name, module] of Object.entries(modules)) {
    if (module instanceof WebAssembly.Module) continue;
    throw badOption(
      'modules',
      `\`modules.${name}\` is not a WebAssembly.Module. Import the .wasm file so that the bundler deploys it compiled.`,
    );
  }
  return Explainer.load(model, { ...options, modules });
}

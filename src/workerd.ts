/**
 * camwasm on Cloudflare Workers and other runtimes that only run WebAssembly that was deployed with the code.
 *
 * @module
 */
import { CamError } from './errors.ts';
import { Explainer } from './explain/explainer.ts';
import type { LoadOptions, WasmModules } from './types.ts';

export { CamError, type ErrorCode } from './errors.ts';
export { Explainer } from './explain/explainer.ts';
export type { WasmModules } from './types.ts';

/** `runtime` and `kernels` are needed; without `jpeg` a slower decoder is used, and without `webp` there is none. */
export type EdgeModules = WasmModules & Required<Pick<WasmModules, 'runtime' | 'kernels'>>;

/**
 * Loads a model from its bytes, with wasm that is compiled already. The built-in model is
 * `camwasm/models/everyday36.onnx`; the files `config.json` and `preprocessor_config.json` beside it are its options
 * `config` and `preprocessor`.
 * @throws CamError BAD_OPTION for what is no module, and whatever Explainer.load throws.
 */
export async function loadExplainer(
  model: Uint8Array | ArrayBuffer,
  modules: EdgeModules,
  options: Omit<LoadOptions, 'modules' | 'threads'> = {},
): Promise<Explainer> {
  for (const [name, module] of Object.entries(modules)) {
    if (module instanceof WebAssembly.Module) continue;
    throw new CamError(
      'BAD_OPTION',
      `modules.${name} is no WebAssembly.Module. Import the .wasm file, so that the bundler deploys it compiled.`,
    );
  }
  return Explainer.load(model, { ...options, modules });
}

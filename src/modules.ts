import type { CodecModules } from './image/decode.ts';

/**
 * Everything that camwasm runs as wasm, compiled: for runtimes that run no other modules than those deployed with the
 * code, such as Cloudflare Workers. What is missing is found or fetched by the package itself, where it can.
 */
export interface WasmModules extends CodecModules {
  /** `onnxruntime-web/ort-wasm-simd-threaded.wasm`; runs on one thread. */
  readonly runtime?: WebAssembly.Module;
  /** `camwasm/kernels.wasm`. */
  readonly kernels?: WebAssembly.Module;
}

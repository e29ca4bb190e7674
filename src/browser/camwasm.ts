/**
 * camwasm in one file, with the scripts of onnxruntime-web and the decoders, for pages without a bundler.
 *
 * @module
 */
import { env } from '#ort';
import { wasmPaths } from './wasm-paths.ts';

// onnxruntime-web's threads also run this file, so it must be imported here, not on first use.
env.wasm.wasmPaths = wasmPaths(import.meta.url, globalThis.location?.origin, env.versions.web!);

export * from '../index.ts';

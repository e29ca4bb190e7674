/**
 * camwasm in one file with the scripts of onnxruntime-web and of the decoders, for pages without a bundler.
 *
 * @module
 */
import { env } from '#ort';
import { wasmPaths } from './wasm-paths.ts';

// The threads of onnxruntime-web run this file too, and start in it: it is imported here, not on first use.
env.wasm.wasmPaths = wasmPaths(import.meta.url, globalThis.location?.origin, env.versions.web!);

export * from '../index.ts';

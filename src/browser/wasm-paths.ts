const GLUE = 'ort-wasm-simd-threaded';

/** Where onnxruntime-web finds the files that it loads: its `env.wasm.wasmPaths`. */
export interface WasmPaths {
  readonly wasm: string;
  /** Its script, which starts the threads: those of a page cannot run a script of another origin. */
  readonly mjs?: string;
}

/**
 * Where the files of onnxruntime-web lie, seen from this package's script: in the package beside it, as in
 * node_modules/; on a CDN, under its exact version; beside the script where that was copied elsewhere.
 */
export function wasmPaths(script: string, origin: string | undefined, version: string): WasmPaths {
  const folder = /^(.*\/)camwasm(?:@[^/]*)?\/dist\/browser\/[^/]*$/.exec(script)?.[1];
  const base =
    folder === undefined
      ? new URL('.', script).href
      : folder.endsWith('/node_modules/')
        ? `${folder}onnxruntime-web/dist/`
        : `${folder}onnxruntime-web@${version}/dist/`;
  const wasm = `${base}${GLUE}.wasm`;
  return new URL(script).origin === origin ? { wasm } : { wasm, mjs: `${base}${GLUE}.mjs` };
}

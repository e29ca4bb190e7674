const GLUE = 'ort-wasm-simd-threaded';

/** Locations of onnxruntime-web's files: its `env.wasm.wasmPaths`. */
export interface WasmPaths {
  readonly wasm: string;
  /** Its script, which starts the threads; a page's threads cannot run a script from another origin. */
  readonly mjs?: string;
}

/**
 * Locates onnxruntime-web's files from this package's script: in the package next to it (node_modules/), at its exact
 * version (on a CDN), or beside the script (copied elsewhere).
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

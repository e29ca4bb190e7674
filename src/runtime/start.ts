import { answering } from '../platform/instantiate.ts';

/** Runs a function that creates a session; the first call starts onnxruntime-web's wasm. */
export type Start = <Result>(create: () => Promise<Result>) => Promise<Result>;

/** Where onnxruntime-web finds its wasm: its `env.wasm`. */
interface WasmFlags {
  wasmBinary?: ArrayBufferLike | Uint8Array;
  wasmPaths?: unknown;
}

/** Runs only the first call through `start`. */
export function onlyFirst(start: Start): Start {
  let started = false;
  return (create) => {
    if (started) return create();
    started = true;
    return start(create);
  };
}

/** Starts with the wasm's bytes, unless there are none or the application configured its own. */
export function fromBytes(wasm: WasmFlags, bytes: Promise<ArrayBuffer | undefined> | undefined): Start {
  return async (create) => {
    const wasmBinary = await bytes;
    if (!wasmBinary || wasm.wasmBinary || wasm.wasmPaths) return create();
    wasm.wasmBinary = wasmBinary;
    try {
      return await create();
    } finally {
      delete wasm.wasmBinary;
      structuredClone(wasmBinary, { transfer: [wasmBinary] }); // frees the bytes, which onnxruntime-web would keep
    }
  };
}

/**
 * Starts with compiled wasm. onnxruntime-web only compiles its wasm from bytes (microsoft/onnxruntime#21430), which
 * Workers forbid. It gets a token instead of bytes, and the module when it compiles the token.
 */
export function fromModule(wasm: WasmFlags, module: WebAssembly.Module): Start {
  return (create) => {
    const token = new ArrayBuffer(8);
    wasm.wasmBinary = token;
    return answering(token, module, create);
  };
}

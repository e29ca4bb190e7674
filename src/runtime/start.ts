import { answering } from '../platform/instantiate.ts';

/** Runs what makes a session; the first one starts onnxruntime-web's wasm. */
export type Start = <Result>(create: () => Promise<Result>) => Promise<Result>;

/** Where onnxruntime-web looks for its wasm: its `env.wasm`. */
interface WasmFlags {
  wasmBinary?: ArrayBufferLike | Uint8Array;
  wasmPaths?: unknown;
}

/** The first call goes through `start`, and the others wait for it. */
export function aloneFirst(start: Start): Start {
  let first: Promise<unknown> | undefined;
  return async (create) => {
    if (first) {
      await first.catch(() => undefined);
      return create();
    }
    const started = start(create);
    first = started;
    return started;
  };
}

/** A start with the wasm's bytes, where there are any and the process has not said itself where they are. */
export function fromBytes(wasm: WasmFlags, bytes: Promise<ArrayBuffer | undefined> | undefined): Start {
  return async (create) => {
    const wasmBinary = await bytes;
    if (!wasmBinary || wasm.wasmBinary || wasm.wasmPaths) return create();
    wasm.wasmBinary = wasmBinary;
    try {
      return await create();
    } finally {
      delete wasm.wasmBinary;
      structuredClone(wasmBinary, { transfer: [wasmBinary] }); // taken away: onnxruntime-web keeps it for good
    }
  };
}

/**
 * A start with the wasm compiled. onnxruntime-web compiles its wasm from bytes and offers no other way
 * (microsoft/onnxruntime#21430), which Workers refuse: it is handed a token instead of bytes, and the module when it
 * comes back with it.
 */
export function fromModule(wasm: WasmFlags, module: WebAssembly.Module): Start {
  return (create) => {
    const token = new ArrayBuffer(8);
    wasm.wasmBinary = token;
    return answering(token, module, create);
  };
}

type Instantiate = (source: unknown, imports?: WebAssembly.Imports) => Promise<unknown>;

/**
 * While `work` runs, `WebAssembly.instantiate` of `token`, or a view of it, instantiates `module`: for code that
 * insists on bytes where only a module is allowed. Other calls are unaffected.
 */
export async function answering<Result>(
  token: ArrayBuffer,
  module: WebAssembly.Module,
  work: () => Promise<Result>,
): Promise<Result> {
  const { instantiate } = WebAssembly;
  const isToken = (source: unknown): boolean =>
    source === token || (ArrayBuffer.isView(source) && source.buffer === token);
  const wrapped: Instantiate = async (source, imports) =>
    isToken(source)
      ? { module, instance: await instantiate(module, imports) }
      : (instantiate as Instantiate)(source, imports);
  WebAssembly.instantiate = wrapped as typeof instantiate;
  try {
    return await work();
  } finally {
    WebAssembly.instantiate = instantiate;
  }
}

/** While `work` runs, a new `WebAssembly.Memory` grows to no more than this number of pages of 64 KiB. */
export async function withMemoryLimit<Result>(pages: number, work: () => Promise<Result>): Promise<Result> {
  const { Memory } = WebAssembly;
  WebAssembly.Memory = class extends Memory {
    constructor(descriptor: WebAssembly.MemoryDescriptor) {
      super({ ...descriptor, maximum: Math.min(pages, descriptor.maximum ?? pages) });
    }
  };
  try {
    return await work();
  } finally {
    WebAssembly.Memory = Memory;
  }
}

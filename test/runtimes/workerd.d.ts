/** A Worker on workerd. */
export interface Worker {
  readonly fetch: (
    url: string,
    init?: { method?: string; body?: Uint8Array; headers?: Record<string, string> },
  ) => Promise<Response>;
  /** Bytes that a garbage collection leaves of the JavaScript heap and its buffers, without wasm memories. */
  readonly heap: () => Promise<number>;
  readonly close: () => Promise<void>;
  /** Bytes of the script alone, and of all that is deployed, as they are and compressed. */
  readonly sizes: { readonly script: number; readonly raw: number; readonly gzip: number };
}

export function startWorker(
  folder: string,
  entry: string,
  bindings?: Readonly<Record<string, string>>,
): Promise<Worker>;

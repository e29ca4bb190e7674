import { readFile } from './files.ts';

export type Codec = 'jpeg' | 'webp';

const WASM: Record<Codec, string> = {
  jpeg: '@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm',
  webp: '@jsquash/webp/codec/dec/webp_dec.wasm',
};

/** The compiled wasm decoder of an image format, found among the installed packages. */
export async function codecModule(codec: Codec): Promise<WebAssembly.Module> {
  const { createRequire } = await import('node:module');
  const bytes = await readFile(createRequire(import.meta.url).resolve(WASM[codec]));
  return WebAssembly.compile(bytes as Uint8Array<ArrayBuffer>);
}

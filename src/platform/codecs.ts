import { readFile } from './files.ts';
import { dependencyFile } from './package.ts';
import { runtime } from './runtime.ts';

/** An image format that a WebAssembly decoder of jSquash reads. */
export type Codec = 'jpeg' | 'webp';

const WASM: Record<Codec, string> = {
  jpeg: '@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm',
  webp: '@jsquash/webp/codec/dec/webp_dec.wasm',
};

/**
 * Does a decoder fetch its wasm from its own side? In a browser, where bundlers see and provide for it, and in Deno when
 * this code comes from an address (JSR's is one), from where no installed package can be looked for.
 */
export const codecsFetch = (from: string = import.meta.url): boolean =>
  runtime() === 'browser' || (runtime() === 'deno' && !from.startsWith('file:'));

const compiled = new Map<Codec, Promise<WebAssembly.Module | undefined>>();

/**
 * The compiled wasm decoder of an image format, found among the installed packages; undefined where it is not. Compiled
 * once in the life of the process, since a module has no state.
 */
export async function codecModule(codec: Codec): Promise<WebAssembly.Module | undefined> {
  let module = compiled.get(codec);
  if (!module) {
    compiled.set(codec, (module = compile(codec)));
    module.catch(() => compiled.delete(codec));
  }
  return module;
}

async function compile(codec: Codec): Promise<WebAssembly.Module | undefined> {
  const path = dependencyFile(WASM[codec]);
  if (path === undefined) return undefined; // see codecsFetch
  return WebAssembly.compile((await readFile(path)) as Uint8Array<ArrayBuffer>);
}

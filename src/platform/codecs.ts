import type { Bytes } from './bytes.ts';
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
 * Whether decoders are fetched: in a browser, and in Deno when this code comes from an address (JSR's is one), where no
 * installed package can be looked up.
 */
export const codecsFetch = (from: string = import.meta.url): boolean =>
  runtime() === 'browser' || (runtime() === 'deno' && !from.startsWith('file:'));

const compiled = new Map<Codec, Promise<WebAssembly.Module | undefined>>();

/**
 * The compiled decoder of an image format: fetched from `address`, or read from the installed package; undefined where it
 * is not installed. Compiled once per process, since a module has no state.
 */
export async function codecModule(
  codec: Codec,
  address: () => Promise<string>,
): Promise<WebAssembly.Module | undefined> {
  let module = compiled.get(codec);
  if (!module) {
    compiled.set(codec, (module = compile(codec, address)));
    module.catch(() => compiled.delete(codec));
  }
  return module;
}

async function compile(
  codec: Codec,
  address: () => Promise<string>,
): Promise<WebAssembly.Module | undefined> {
  if (codecsFetch()) return WebAssembly.compile(await fetched(await address()));
  const path = dependencyFile(WASM[codec]);
  return path === undefined ? undefined : WebAssembly.compile((await readFile(path)) as Bytes);
}

async function fetched(address: string): Promise<ArrayBuffer> {
  const response = await fetch(address);
  if (!response.ok) throw new Error(`HTTP ${response.status} for ${address}`);
  return response.arrayBuffer();
}

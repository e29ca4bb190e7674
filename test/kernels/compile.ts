import { main } from 'assemblyscript/asc';

/** Compiles assembly/ for a target of asconfig.json, writing nothing to disk. */
export async function compile(target: 'release' | 'debug'): Promise<Uint8Array<ArrayBuffer>> {
  let wasm: Uint8Array | undefined;
  const { error, stderr } = await main(['--target', target], {
    writeFile: (name, contents) => {
      if (name.endsWith('.wasm')) wasm = contents as Uint8Array;
    },
  });
  if (error || !wasm) throw new Error(`assembly/ does not compile: ${stderr.toString()}`, { cause: error });
  return new Uint8Array(wasm);
}

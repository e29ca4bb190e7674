// Bundles a Worker as wrangler does, and runs it on workerd: <folder> <entry> [<material url>]
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { Miniflare } from 'miniflare';

/** Wasm becomes a compiled module, other files bytes: wrangler's rules for `**\/*.wasm` and a Data rule for models. */
const KINDS = { wasm: 'CompiledWasm', onnx: 'Data' };

export async function startWorker(folder, entry, bindings = {}) {
  const assets = new Map();
  const { outputFiles } = await build({
    entryPoints: [join(folder, entry)],
    bundle: true,
    write: false,
    format: 'esm',
    minify: true,
    target: 'esnext',
    conditions: ['workerd', 'worker', 'browser'],
    mainFields: ['browser', 'module', 'main'],
    logLevel: 'error',
    logOverride: { 'empty-import-meta': 'silent' },
    plugins: [
      {
        name: 'modules',
        setup({ onResolve }) {
          onResolve({ filter: /\.(wasm|onnx)$/ }, ({ path, resolveDir }) => {
            const name = basename(path);
            assets.set(name, readFileSync(createRequire(join(resolveDir, '_')).resolve(path)));
            return { path: name, external: true };
          });
        },
      },
    ],
  });
  const script = outputFiles[0].text;
  const modules = [
    { type: 'ESModule', path: 'worker.js', contents: script },
    ...[...assets].map(([path, contents]) => ({ type: KINDS[path.split('.').at(-1)], path, contents })),
  ];
  const worker = new Miniflare({ modules, compatibilityDate: '2025-06-01', bindings });
  const size = [Buffer.from(script), ...assets.values()];
  return {
    fetch: (url, init) => worker.dispatchFetch(url, init),
    close: () => worker.dispose(),
    sizes: {
      script: script.length,
      raw: size.reduce((sum, { length }) => sum + length, 0),
      gzip: size.reduce((sum, bytes) => sum + gzipSync(bytes, { level: 9 }).length, 0),
    },
  };
}

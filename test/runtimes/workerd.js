// Bundles a Worker as wrangler does, and runs it on workerd: <folder> <entry> [<material url>]
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { Miniflare } from 'miniflare';
import { WebSocket } from 'ws';

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
  const worker = new Miniflare({
    modules,
    compatibilityDate: '2025-06-01',
    bindings,
    inspectorPort: 0,
  });
  const size = [Buffer.from(script), ...assets.values()];
  return {
    fetch: (url, init) => worker.dispatchFetch(url, init),
    heap: async () =>
      heapOf(await worker.getInspectorURL(), () => worker.dispatchFetch('http://camwasm.test/')),
    close: () => worker.dispose(),
    sizes: {
      script: script.length,
      raw: size.reduce((sum, { length }) => sum + length, 0),
      gzip: size.reduce((sum, bytes) => sum + gzipSync(bytes, { level: 9 }).length, 0),
    },
  };
}

/** Bytes that are left of the Worker's heap and buffers after a collection, without wasm memories; V8's inspector tells. */
async function heapOf(inspector, wake) {
  const targets = await (await fetch(new URL('/json', inspector.href.replace(/^ws/, 'http')))).json();
  const { webSocketDebuggerUrl } = targets.find(({ id }) => id.startsWith('core:user:'));
  const socket = new WebSocket(webSocketDebuggerUrl);
  try {
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
    const ask = (method) =>
      new Promise((resolve) => {
        socket.once('message', (text) => resolve(JSON.parse(text).result));
        socket.send(JSON.stringify({ id: 1, method }));
      });
    await ask('HeapProfiler.enable');
    const collected = ask('HeapProfiler.collectGarbage');
    await wake(); // an isolate collects when it runs
    await collected;
    const { usedSize, backingStorageSize } = await ask('Runtime.getHeapUsage');
    return usedSize + backingStorageSize;
  } finally {
    socket.close();
  }
}

import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join } from 'node:path';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.wasm': 'application/wasm',
  '.json': 'application/json',
};

const ISOLATED = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
};

/** Where pages and Workers get their files from, and where pages post what they found. */
export interface Site {
  readonly url: string;
  /** What is posted to /result/<name>. */
  readonly result: (name: string) => Promise<string>;
  readonly close: () => void;
}

/** Serves a folder on loopback; its subfolder `isolated/` cross-origin isolated. */
export async function serveSite(folder: string): Promise<Site> {
  const results = new Map<string, PromiseWithResolvers>();
  const entry = (name: string) => {
    let found = results.get(name);
    if (!found) results.set(name, (found = withResolvers()));
    return found;
  };
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    const posted = /^\/result\/(.+)$/.exec(pathname)?.[1];
    if (posted) {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        response.end();
        entry(posted).resolve(Buffer.concat(chunks).toString());
      });
      return;
    }
    const path = join(folder, pathname.endsWith('/') ? `${pathname}index.html` : pathname);
    readFile(path).then(
      (bytes) => {
        response.writeHead(200, {
          'content-type': TYPES[extname(path)] ?? 'application/octet-stream',
          'content-length': bytes.length,
          ...(pathname.startsWith('/isolated/') && ISOLATED),
          'cross-origin-resource-policy': 'same-origin',
        });
        response.end(request.method === 'HEAD' ? undefined : bytes);
      },
      () => response.writeHead(404).end(),
    );
  });
  server.keepAliveTimeout = 120e3; // a Worker keeps its connection through the seconds that it computes
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  return {
    url: `http://127.0.0.1:${port}`,
    result: (name) => entry(name).promise,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

interface PromiseWithResolvers {
  readonly promise: Promise<string>;
  readonly resolve: (text: string) => void;
}

function withResolvers(): PromiseWithResolvers {
  let resolve!: (text: string) => void;
  const promise = new Promise<string>((done) => (resolve = done));
  return { promise, resolve };
}

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

const SHARED = { 'access-control-allow-origin': '*', 'cross-origin-resource-policy': 'cross-origin' };

/** Where pages and Workers get their files from, and where pages post what they found. */
export interface Site {
  readonly url: string;
  /** What is posted to /result/<name>. */
  readonly result: (name: string) => Promise<string>;
  readonly close: () => void;
}

/** A file of a package, at the address that CDNs give it. */
const ON_CDN = /^\/npm\/((?:@[^/]+\/)?[^/@]+)@[^/]+\//;

/**
 * Serves a folder on loopback, its node_modules as a CDN does too. Pages are cross-origin isolated, a .html file only with
 * the query `isolated`.
 */
export async function serveSite(folder: string): Promise<Site> {
  const results = new Map<string, PromiseWithResolvers>();
  const entry = (name: string) => {
    let found = results.get(name);
    if (!found) results.set(name, (found = withResolvers()));
    return found;
  };
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
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
    const file = pathname.replace(ON_CDN, '/node_modules/$1/');
    const path = join(folder, file.endsWith('/') ? `${file}index.html` : file);
    readFile(path).then(
      (bytes) => {
        response.writeHead(200, {
          'content-type': TYPES[extname(path)] ?? 'application/octet-stream',
          'content-length': bytes.length,
          ...((extname(path) !== '.html' || pathname.endsWith('/') || searchParams.has('isolated')) &&
            ISOLATED),
          ...(ON_CDN.test(pathname) ? SHARED : { 'cross-origin-resource-policy': 'same-origin' }),
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

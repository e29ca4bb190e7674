import type { Bytes } from './bytes.ts';
import { runtime } from './runtime.ts';

const CACHE = 'camwasm';

/**
 * The bytes behind an address. In browsers they are kept with the Cache API, and used again for as long as the server
 * tells the same ETag (or date, or length, where it tells no ETag), cannot be reached or fails.
 */
export async function fetchFile(url: URL): Promise<Bytes> {
  const cache = await openCache(url);
  const kept = await cache?.match(url);
  if (kept && (await isCurrent(kept, url))) return bytesOf(kept);
  const response = await fetch(url);
  if (kept && response.status >= 500) return bytesOf(kept);
  // A server of single-page applications answers what it does not have with its start page.
  if (!response.ok || response.headers.get('content-type')?.startsWith('text/html')) {
    throw new Error(response.ok ? 'the server sent a web page instead' : `HTTP ${response.status}`);
  }
  // A full or forbidden storage is no reason to fail.
  await cache?.put(url, response.clone()).catch(() => undefined);
  return bytesOf(response);
}

const bytesOf = async (response: Response): Promise<Bytes> => new Uint8Array(await response.arrayBuffer());

async function openCache({ protocol }: URL): Promise<Cache | undefined> {
  if (runtime() !== 'browser' || !protocol.startsWith('http')) return undefined;
  try {
    const { caches } = globalThis as { caches?: CacheStorage }; // missing in insecure contexts, throws in sandboxed frames
    return await caches?.open(CACHE);
  } catch {
    return undefined;
  }
}

// The first that is told decides. Another origin lets a page read all but ETag without asking; a length says least, as
// it is that of what was sent, compressed or not.
const VALIDATORS = ['etag', 'last-modified', 'content-length'];

async function isCurrent(kept: Response, url: URL): Promise<boolean> {
  const head = await fetch(url, { method: 'HEAD', cache: 'no-cache' }).catch(() => undefined);
  if (!head) return true; // out of reach
  const told = head.ok && VALIDATORS.find((name) => head.headers.has(name));
  return told ? validator(head, told) === validator(kept, told) : false;
}

/** Weakly, as RFC 9110 section 8.8.3.2 compares ETags: a server that compresses what it sends makes them weak. */
const validator = ({ headers }: Response, name: string): string | undefined =>
  headers.get(name)?.replace(/^W\//, '');

import { runtime } from './runtime.ts';

const CACHE = 'camwasm';

/**
 * The bytes behind an address. In browsers they are kept with the Cache API, and used again for as long as the server
 * tells the same ETag, date and length, or cannot be reached.
 */
export async function fetchFile(url: URL): Promise<Uint8Array<ArrayBuffer>> {
  const cache = await openCache(url);
  const kept = await cache?.match(url);
  if (kept && (await isCurrent(kept, url))) return bytesOf(kept);
  const response = await fetch(url);
  // A server of single-page applications answers what it does not have with its start page.
  if (!response.ok || response.headers.get('content-type')?.startsWith('text/html')) {
    throw new Error(response.ok ? 'there is a web page instead' : `HTTP ${response.status}`);
  }
  // A full or forbidden storage is no reason to fail.
  await cache?.put(url, response.clone()).catch(() => undefined);
  return bytesOf(response);
}

const bytesOf = async (response: Response): Promise<Uint8Array<ArrayBuffer>> =>
  new Uint8Array(await response.arrayBuffer());

async function openCache({ protocol }: URL): Promise<Cache | undefined> {
  const { caches } = globalThis as { caches?: CacheStorage }; // missing in insecure contexts
  if (runtime() !== 'browser' || !protocol.startsWith('http')) return undefined;
  return caches?.open(CACHE).catch(() => undefined);
}

// Headers that another origin lets a page read without asking, and ETag where it can be read.
const VALIDATORS = ['etag', 'last-modified', 'content-length'];

async function isCurrent(kept: Response, url: URL): Promise<boolean> {
  const head = await fetch(url, { method: 'HEAD', cache: 'no-cache' }).catch(() => undefined);
  if (!head?.ok) return true;
  const told = VALIDATORS.filter((name) => head.headers.has(name));
  return told.length > 0 && told.every((name) => head.headers.get(name) === kept.headers.get(name));
}

import { type Bytes, concatenate } from './bytes.ts';
import { webFetch } from './proxy.ts';
import { runtime } from './runtime.ts';

const CACHE = 'camwasm';

/**
 * Downloads a URL. Browsers keep the bytes in the Cache API, and reuse them while the server returns the same ETag (or
 * date, or length, without an ETag), is unreachable, or fails.
 */
export async function fetchFile(url: URL, limits: FetchLimits = {}): Promise<Bytes> {
  const { milliseconds } = limits;
  if (milliseconds === undefined) return fetchWithin(url, limits);
  const signal = AbortSignal.timeout(milliseconds);
  try {
    return await fetchWithin(url, { ...limits, signal });
  } catch (cause) {
    if (!signal.aborted) throw cause;
    throw new Error(`it did not arrive in ${milliseconds / 1000} s`, { cause });
  }
}

/** Bounds on a download. */
export interface FetchLimits {
  readonly bytes?: number;
  readonly milliseconds?: number;
}

async function fetchWithin(
  url: URL,
  { bytes, signal }: FetchLimits & { signal?: AbortSignal },
): Promise<Bytes> {
  const cache = await openCache(url);
  const kept = await cache?.match(url);
  if (kept && (await isCurrent(kept, url))) return bytesOf(kept);
  const response = await webFetch(url, { ...(signal && { signal }) });
  if (kept && response.status >= 500) return bytesOf(kept);
  // Servers of single-page applications answer unknown paths with the start page.
  if (!response.ok || response.headers.get('content-type')?.startsWith('text/html')) {
    throw new Error(response.ok ? 'the server sent a web page instead' : `HTTP ${response.status}`);
  }
  if (bytes !== undefined) return bytesWithin(response, bytes);
  // Full or blocked storage is not an error.
  await cache?.put(url, response.clone()).catch(() => undefined);
  return bytesOf(response);
}

/** Reads a body until it has too many bytes, whatever the server says of its length. */
async function bytesWithin(response: Response, most: number): Promise<Bytes> {
  const reader = response.body?.getReader();
  const parts: Uint8Array[] = [];
  for (let size = 0; reader;) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.length;
    if (size > most) {
      await reader.cancel();
      throw new Error(`it has more than ${most / 1e6} MB`);
    }
    parts.push(value);
  }
  return concatenate(parts);
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

// The first one present decides. Cross-origin, pages can read all but ETag by default. A length says least, since it
// may be the compressed one.
const VALIDATORS = ['etag', 'last-modified', 'content-length'];

async function isCurrent(kept: Response, url: URL): Promise<boolean> {
  const head = await webFetch(url, { method: 'HEAD', cache: 'no-cache' }).catch(() => undefined);
  if (!head) return true; // unreachable
  const told = head.ok && VALIDATORS.find((name) => head.headers.has(name));
  return told ? validator(head, told) === validator(kept, told) : false;
}

/** Weak comparison of ETags, as in RFC 9110 section 8.8.3.2: compressing servers make them weak. */
const validator = ({ headers }: Response, name: string): string | undefined =>
  headers.get(name)?.replace(/^W\//, '');

import { CamError } from '../errors.ts';
import { webFetch } from '../platform/proxy.ts';
import { runtime } from '../platform/runtime.ts';
import type { Hub } from './options.ts';
import { RefusedError, unreachable } from './refusals.ts';

/** The network and the time, replaced in tests. */
export interface Web {
  readonly fetch: (url: URL, init: RequestInit) => Promise<Response>;
  /** Resolves after that time; rejects as soon as the signal is aborted. */
  readonly wait: (milliseconds: number, signal: AbortSignal) => Promise<void>;
}

export const WEB: Web = {
  fetch: webFetch,
  wait: (milliseconds, signal) =>
    new Promise((resolve, reject) => {
      const end = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', end);
        if (signal.aborted) reject(signal.reason as Error);
        else resolve();
      };
      const timer = setTimeout(end, milliseconds);
      signal.addEventListener('abort', end);
      if (signal.aborted) end();
    }),
};

/** A server that sends nothing for so long has stalled. */
export const STALL_MS = 30_000;

/** Work on the network, given up when nothing arrives for a while. */
export async function unlessStalled<Result>(
  work: Promise<Result>,
  host: string,
  { wait }: Web,
): Promise<Result> {
  const over = new AbortController();
  const stalled = wait(STALL_MS, over.signal).then(
    () => {
      throw new CamError('DOWNLOAD', `${host} has sent nothing for ${STALL_MS / 1000} s. Try again later.`, {
        retriable: true,
      });
    },
    () => work,
  );
  try {
    return await Promise.race([work, stalled]);
  } finally {
    over.abort();
    // The loser of the race.
    work.catch(() => undefined);
    stalled.catch(() => undefined);
  }
}

const MOST_REDIRECTS = 10;

export interface RequestOptions {
  readonly hub: Hub;
  readonly signal?: AbortSignal | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  readonly method?: 'GET' | 'HEAD';
  /** Whether a redirect to another host ends the request: the hub describes a file before it redirects. */
  readonly stayHere?: boolean;
}

/**
 * Requests an address. Follows redirects itself, so that the token reaches the hub alone; browsers do not tell where
 * they lead, and drop the token themselves.
 * @throws {CamError} DOWNLOAD (retriable) when the server cannot be reached or stalls.
 * @throws {CamError} DOWNLOAD for a redirect that leads nowhere, or from https to http.
 */
export async function request(start: URL, options: RequestOptions, web: Web): Promise<Response> {
  const { hub, signal, method = 'GET', stayHere = false } = options;
  let url = start;
  for (let hops = 0; hops <= MOST_REDIRECTS; hops++) {
    const headers = {
      ...options.headers,
      ...(hub.token !== undefined &&
        url.origin === hub.endpoint.origin && { authorization: `Bearer ${hub.token}` }),
    };
    const redirect = runtime() === 'browser' ? 'follow' : 'manual';
    const sent = web.fetch(url, { method, headers, redirect, ...(signal && { signal }) });
    const response = await unlessStalled(sent, url.host, web).catch((cause: unknown) => {
      throw cause instanceof CamError || signal?.aborted ? cause : unreachable(url, cause as Error);
    });
    const location = response.headers.get('location');
    if (response.status < 300 || response.status > 399 || response.status === 304 || location === null)
      return response;
    if (!URL.canParse(location, url.href)) throw strayed(url, location);
    const next = new URL(location, url);
    if (stayHere && next.origin !== url.origin) return response;
    if (!/^https?:$/.test(next.protocol) || (url.protocol === 'https:' && next.protocol !== 'https:'))
      throw strayed(url, location);
    await response.body?.cancel();
    url = next;
  }
  throw strayed(start, 'itself');
}

const strayed = (from: URL, to: string): CamError =>
  new CamError(
    'DOWNLOAD',
    `${withoutQuery(from)} redirects to ${to}, which is not followed. Download the file yourself, and pass its path.`,
  );

/** An address for people: signed addresses have long queries, with secrets. */
export const withoutQuery = ({ origin, pathname }: URL): string => `${origin}${pathname}`;

/** Attempts in a row without progress. */
const MOST_FAILURES = 4;
/** A longer wait is left to the user. */
const MOST_WAIT_MS = 60_000;

interface Persistence {
  readonly signal?: AbortSignal | undefined;
  /** A number that grows with progress, after which the attempts are counted anew. */
  readonly progress?: () => number;
}

/** Repeats work that fails with a retriable error, after a pause: the one that the server asks for, or a growing one. */
export async function persistently<Result>(
  work: () => Promise<Result>,
  { signal = new AbortController().signal, progress = () => 0 }: Persistence,
  web: Web,
): Promise<Result> {
  for (let failures = 0; ;) {
    const before = progress();
    try {
      return await work();
    } catch (error) {
      if (signal.aborted || !(error instanceof CamError) || !error.retriable) throw error;
      failures = progress() > before ? 1 : failures + 1;
      const asked = error instanceof RefusedError ? error.after : undefined;
      if (failures >= MOST_FAILURES || (asked ?? 0) > MOST_WAIT_MS) throw error;
      await web.wait(asked ?? 250 * 2 ** failures, signal);
    }
  }
}

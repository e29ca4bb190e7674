import { CamError } from '../errors.ts';
import type { Draft } from '../platform/file-store.ts';
import type { Hub } from './options.ts';
import { refused, unreachable } from './refusals.ts';
import { persistently, request, unlessStalled, type Web, withoutQuery } from './web.ts';

/** A file to download. */
export interface RemoteFile {
  readonly url: URL;
  /** Number of bytes, if it is known beforehand. */
  readonly bytes?: number | undefined;
  /** SHA-256 in hexadecimal digits, if it is known beforehand. */
  readonly sha256?: string | undefined;
}

export interface TransferOptions {
  readonly hub: Hub;
  readonly signal?: AbortSignal | undefined;
  /** Called whenever bytes have arrived: how many of how many. */
  readonly onBytes?: (done: number, total: number | undefined) => void;
}

/** What a server calls this version of a file. */
export interface Validators {
  readonly etag?: string | undefined;
  readonly modified?: string | undefined;
}

export interface Transferred extends Validators {
  readonly bytes: number;
  readonly sha256: string;
}

/** A file without a known size may not have more: a wasm runtime cannot address it. */
const MOST_BYTES = 2 ** 32;

/**
 * Downloads a file into a draft and verifies it. Continues what is there; tries again after interruptions, and when the
 * server asks to wait.
 * @throws {CamError} DOWNLOAD when the server refuses, stalls or sends something else; what has arrived stays in the
 * draft if another attemptTransfer can continue it.
 * @throws {CamError} BAD_CHECKSUM when the file is not the expected one.
 * @throws {CamError} ABORTED when the signal is aborted.
 */
export async function transfer(
  file: RemoteFile,
  draft: Draft,
  options: TransferOptions,
  web: Web,
): Promise<Transferred> {
  let settled = false;
  try {
    for (let continued = draft.size > 0; ; continued = false) {
      const validators = await receiveAll(file, draft, options, web);
      const bytes = draft.size;
      const sha256 = await draft.digest();
      if (file.sha256 === undefined || sha256 === file.sha256) {
        await draft.finish();
        settled = true;
        return { ...validators, bytes, sha256 };
      }
      // What was there may be from another version.
      if (!continued) throw await mismatch(file, sha256, draft);
      await draft.restart(undefined);
    }
  } catch (error) {
    if (options.signal?.aborted) {
      throw new CamError(
        'ABORTED',
        'Aborted. What has arrived is kept, and the next download continues it.',
        {
          cause: options.signal.reason,
        },
      );
    }
    if (error instanceof CamError && error.code === 'BAD_CHECKSUM') settled = true;
    throw error;
  } finally {
    if (!settled) await draft.release();
  }
}

async function mismatch({ url, sha256 }: RemoteFile, found: string, draft: Draft): Promise<CamError> {
  await draft.discard();
  return new CamError(
    'BAD_CHECKSUM',
    `${withoutQuery(url)} is not the expected file: its SHA-256 is ${found}, not ${sha256}. It was removed. The file on the server has changed or is damaged: do not use it.`,
  );
}

/** Attempts until the draft is complete. */
const receiveAll = (
  file: RemoteFile,
  draft: Draft,
  options: TransferOptions,
  web: Web,
): Promise<Validators> =>
  persistently(
    () => attemptTransfer(file, draft, options, web),
    { signal: options.signal, progress: () => draft.size },
    web,
  );

/** One request: all of the file, or what is missing. */
async function attemptTransfer(
  file: RemoteFile,
  draft: Draft,
  options: TransferOptions,
  web: Web,
): Promise<Validators> {
  const { url } = file;
  // Bytes of different versions must not be mixed; a checksum would tell.
  if (draft.size > 0 && draft.validator === undefined && file.sha256 === undefined)
    await draft.restart(undefined);
  if (draft.size > 0 && draft.size === file.bytes) return { etag: draft.validator };
  const stop = new AbortController();
  const abort = () => stop.abort(options.signal?.reason);
  options.signal?.addEventListener('abort', abort);
  if (options.signal?.aborted) abort();
  try {
    const headers = {
      // Compressed, its length would say nothing, and its parts could not be joined.
      'accept-encoding': 'identity',
      ...(draft.size > 0 && {
        range: `bytes=${draft.size}-`,
        ...(draft.validator !== undefined && { 'if-range': draft.validator }),
      }),
    };
    const { hub } = options;
    const response = await request(url, { hub, headers, signal: stop.signal }, web);
    const total = await begin(file, draft, response, hub);
    await pour(file, { draft, response, total, onBytes: options.onBytes }, web);
    return validatorsOf(response);
  } finally {
    options.signal?.removeEventListener('abort', abort);
    stop.abort(); // frees a connection whose rest is not wanted
  }
}

/** Prepares the draft for an answer; the size of the whole file, if it is known. */
async function begin(
  file: RemoteFile,
  draft: Draft,
  response: Response,
  hub: Hub,
): Promise<number | undefined> {
  const { url } = file;
  const { status, headers } = response;
  const restartable = async (why: string) => {
    await draft.restart(undefined);
    return new CamError('DOWNLOAD', `${url.host} ${why}. Try again later.`, { retriable: true });
  };
  if (status === 416) throw await restartable('does not continue the download');
  if (!response.ok) throw refused(url, response, hub);
  if (/^text\/html\b/i.test(headers.get('content-type') ?? '')) {
    throw new CamError(
      'DOWNLOAD',
      `${withoutQuery(url)} is a web page, not a file. Pass the address of the file itself: on a page of a model, that of its download link.`,
    );
  }
  const validator = strongEtag(headers);
  if (status === 206) {
    const [, start, size] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers.get('content-range') ?? '') ?? [];
    const other = draft.validator !== undefined && validator !== undefined && validator !== draft.validator;
    if (Number(start) !== draft.size || other) throw await restartable('sent another part than asked for');
    return checkSize(file, size === undefined || size === '*' ? undefined : Number(size));
  }
  await draft.restart(validator);
  const encoded = headers.has('content-encoding') && headers.get('content-encoding') !== 'identity';
  const length = encoded ? null : headers.get('content-length');
  return checkSize(file, length === null ? undefined : Number(length));
}

/**
 * The size of a file, as known and as the server says.
 * @throws {CamError} DOWNLOAD when they differ.
 */
function checkSize({ url, bytes }: RemoteFile, told: number | undefined): number | undefined {
  if (bytes !== undefined && told !== undefined && told !== bytes) {
    throw new CamError(
      'DOWNLOAD',
      `${withoutQuery(url)} has ${told} bytes, but the file should have ${bytes}. It has changed on the server.`,
    );
  }
  const total = bytes ?? told;
  if (total !== undefined && total > MOST_BYTES) throw beyondRuntime(url);
  return total;
}

const beyondRuntime = (url: URL): CamError =>
  new CamError('DOWNLOAD', `${withoutQuery(url)} has more than 4 GB, which the runtime cannot load.`);

interface Pouring {
  readonly draft: Draft;
  readonly response: Response;
  readonly total: number | undefined;
  readonly onBytes: TransferOptions['onBytes'];
}

async function pour(
  { url }: RemoteFile,
  { draft, response, total, onBytes }: Pouring,
  web: Web,
): Promise<void> {
  const reader = response.body?.getReader();
  const broken = (cause: Error) => unreachable(url, cause);
  onBytes?.(draft.size, total);
  for (;;) {
    const read = reader?.read() ?? Promise.resolve({ done: true as const, value: undefined });
    const { done, value } = await unlessStalled(read, url.host, web).catch((cause: unknown) => {
      throw cause instanceof CamError ? cause : broken(cause as Error);
    });
    if (done) break;
    if (draft.size + value.length > (total ?? MOST_BYTES)) {
      if (total === undefined) throw beyondRuntime(url);
      await draft.restart(undefined);
      throw new CamError(
        'DOWNLOAD',
        `${url.host} sends more than the ${total} bytes of the file. Try again later.`,
        {
          retriable: true,
        },
      );
    }
    await draft.append(value);
    onBytes?.(draft.size, total);
  }
  if (total !== undefined && draft.size < total)
    throw broken(new Error(`the connection ended after ${draft.size} of ${total} bytes`));
}

/** Weak ETags do not promise equal bytes (RFC 9110, section 8.8.3). */
function strongEtag(headers: Headers): string | undefined {
  const etag = headers.get('etag');
  return etag === null || etag.startsWith('W/') ? undefined : etag;
}

export const validatorsOf = ({ headers }: Response): Validators => ({
  etag: headers.get('etag') ?? undefined,
  modified: headers.get('last-modified') ?? undefined,
});

import { CamError } from '../errors.ts';
import type { Hub } from './options.ts';

/** What the hub says in `x-error-code` beside the status. */
const HUB_REASONS: ReadonlyMap<string | null, string> = new Map([
  ['RepoNotFound', 'There is no such repository, or it is private: check the name, or set HF_TOKEN.'],
  ['GatedRepo', "Its license has to be accepted on the model's page first; then set HF_TOKEN."],
  ['RevisionNotFound', 'The repository has no such revision.'],
  ['EntryNotFound', 'The repository has no such file.'],
]);

interface Refusal {
  /** What to do, at the hub or elsewhere. */
  readonly says: (hub: boolean) => string;
  readonly retriable?: true;
}

/** Statuses that tell what to do. */
const REFUSALS: ReadonlyMap<number, Refusal> = new Map<number, Refusal>([
  [
    401,
    {
      says: (hub) =>
        hub
          ? 'The repository does not exist, or it is private: check the name, or set HF_TOKEN or `hubToken`.'
          : 'It takes a login. Download the file yourself, and pass its path.',
    },
  ],
  [
    403,
    {
      says: (hub) =>
        hub
          ? 'The token does not allow it, or a license has to be accepted first: see the page of the model.'
          : 'Access is forbidden. Download the file yourself, and pass its path.',
    },
  ],
  [404, { says: () => 'There is no such file. Check the name.' }],
  [407, { says: () => 'The proxy takes a login: set it in HTTPS_PROXY.' }],
  [408, { says: () => 'Try again later.', retriable: true }],
  [410, { says: () => 'The file is gone.' }],
  [429, { says: () => 'It is asked too often. Try again later.', retriable: true }],
]);

/** The error for a status other than 2xx. */
export function refused(url: URL, { status, headers }: Response, { endpoint }: Hub): RefusedError {
  const isHub = url.origin === endpoint.origin;
  const refusal = REFUSALS.get(status);
  const retriable = refusal?.retriable ?? status >= 500;
  const after = retryAfter(headers.get('retry-after'));
  const reason =
    (isHub ? HUB_REASONS.get(headers.get('x-error-code')) : undefined) ??
    refusal?.says(isHub) ??
    (status >= 500 ? 'Try again later.' : 'Check the address.');
  const wait = after === undefined ? '' : ` It asks to wait ${Math.ceil(after / 1000)} s.`;
  return new RefusedError(
    `${url.origin}${url.pathname} answers HTTP ${status}. ${reason}${wait}`,
    status,
    after,
    retriable,
  );
}

/** A DOWNLOAD error with the server's status. */
export class RefusedError extends CamError {
  readonly status: number;
  /** Milliseconds to wait, if the server says so. */
  readonly after: number | undefined;

  constructor(message: string, status: number, after: number | undefined, retriable: boolean) {
    super('DOWNLOAD', message, { retriable });
    this.status = status;
    this.after = after;
  }
}

/** Milliseconds in a Retry-After header: seconds, or a date (RFC 9110, section 10.2.3). */
export function retryAfter(header: string | null, now: number = Date.now()): number | undefined {
  if (header === null) return undefined;
  const milliseconds = /^\d+$/.test(header.trim()) ? Number(header) * 1000 : Date.parse(header) - now;
  return Number.isFinite(milliseconds) ? Math.max(0, milliseconds) : undefined;
}

/** Codes of errors that another attempt does not mend: certificates, and malformed answers. */
const FINAL = /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ERR_TLS|ERR_SSL|HPE_/;

/** The error for a server that cannot be reached, or a connection that breaks. */
export function unreachable(url: URL, cause: Error): CamError {
  const inner = innermost(cause) as Error & { code?: string };
  const final = FINAL.test(inner.code ?? '');
  const next = final
    ? 'Check the certificate and the proxy (HTTPS_PROXY, NODE_EXTRA_CA_CERTS).'
    : 'Check the connection and the proxy (HTTPS_PROXY), or download the file elsewhere and pass its path.';
  return new CamError('DOWNLOAD', `${url.host} cannot be reached: ${inner.message || inner.code}. ${next}`, {
    cause,
    retriable: !final,
  });
}

/** Runtimes wrap the reason: "fetch failed" says nothing. */
function innermost(error: Error): Error {
  const { cause, errors } = error as Error & { errors?: unknown[] };
  const next = cause ?? errors?.[0];
  return next instanceof Error ? innermost(next) : error;
}

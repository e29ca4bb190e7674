/** Stable error codes for programs. */
export type ErrorCode =
  | 'BAD_OPTION'
  | 'BAD_IMAGE'
  | 'BAD_MODEL'
  | 'BAD_LABELS'
  | 'BAD_TENSOR'
  | 'BAD_TARGET'
  | 'BAD_CHECKSUM'
  | 'NOT_DOWNLOADED'
  | 'DOWNLOAD'
  | 'UNKNOWN_METHOD'
  | 'UNKNOWN_LAYER'
  | 'UNKNOWN_CLASS'
  | 'UNSUPPORTED_OPERATOR'
  | 'UNSUPPORTED_MODEL'
  | 'RUNTIME'
  | 'OUTPUT'
  | 'ABORTED';

/** Properties of an error besides its message. */
export interface ErrorDetails {
  readonly cause?: unknown;
  /** The option at fault, by its name in the library: `layer`, `preprocessing.width`. */
  readonly option?: string;
  /** Whether the same call may succeed later: a server that was busy, a connection that broke. Default false. */
  readonly retriable?: boolean;
}

/**
 * An error the caller can fix: `message` says what happened, why, and what to do; `code` is stable. Messages put
 * options in backticks, by their names in the library.
 */
export class CamError extends Error {
  readonly code: ErrorCode;
  /** The option at fault, if any. */
  readonly option: string | undefined;
  /** Whether the same call may succeed later. */
  readonly retriable: boolean;

  constructor(code: ErrorCode, message: string, { cause, option, retriable = false }: ErrorDetails = {}) {
    super(message, { cause });
    // The platform's name, so that `error.name === 'AbortError'` works as with fetch.
    this.name = code === 'ABORTED' ? 'AbortError' : 'CamError';
    this.code = code;
    this.option = option;
    this.retriable = retriable;
  }
}

/**
 * A BAD_OPTION error about an option.
 *
 * @example
 * throw badOption('top', '`top` takes a whole number from 1.');
 */
export const badOption = (option: string | undefined, message: string, cause?: unknown): CamError =>
  new CamError('BAD_OPTION', message, { option, cause });

/** The error for work whose signal is aborted; its cause is the signal's reason. */
export const abortedBy = (signal: AbortSignal | undefined): CamError =>
  new CamError('ABORTED', 'Aborted.', { cause: signal?.reason });

/**
 * Code and option of any error, as data.
 *
 * @example
 * codeOf(new Error('no')); // { code: 'UNEXPECTED', option: undefined }
 */
export const codeOf = (
  error: unknown,
): { readonly code: ErrorCode | 'UNEXPECTED'; readonly option: string | undefined } =>
  error instanceof CamError
    ? { code: error.code, option: error.option }
    : { code: 'UNEXPECTED', option: undefined };

/** A bug in camwasm: a condition that the library should have ensured, whatever the input. */
export class InternalError extends Error {
  constructor(message: string) {
    super(`${message} This is a bug in camwasm: please report it.`);
    this.name = 'InternalError';
  }
}

/** A value of any type, for an error: itself if it is short, else its type. */
export function formatValue(value: unknown): string {
  if (Array.isArray(value) && value.length === 0) return 'an empty list';
  if (typeof value === 'string') return `"${value}"`;
  if (typeof value === 'function') return 'a function';
  if (typeof value !== 'object' || value === null) return String(value);
  const kind = Array.isArray(value) ? 'a list' : 'an object';
  if (!Array.isArray(value) && Object.prototype.toString.call(value) !== '[object Object]') return kind;
  const json = JSON.stringify(value, (_, part: unknown) => (typeof part === 'bigint' ? String(part) : part));
  return json.length <= 60 ? json : kind;
}

/**
 * `Did you mean "x" or "y"?` with a leading space, or nothing if no candidate is similar.
 *
 * @example
 * didYouMean('gradcma', ['gradcam', 'layercam']); // ' Did you mean "gradcam"?'
 */
export function didYouMean(written: string, candidates: readonly string[]): string {
  const found = nearest(written, candidates);
  return found.length > 0 ? ` Did you mean ${found.map((name) => `"${name}"`).join(' or ')}?` : '';
}

/** At most three candidates: first those that hold the text as a word, then those within a few typos, then those that hold it. */
export function nearest(written: string, candidates: readonly string[]): string[] {
  const wanted = written.toLowerCase();
  const allowed = Math.max(1, Math.floor(wanted.length / 3));
  return candidates
    .map((candidate) => {
      const name = candidate.toLowerCase();
      const edits = distance(wanted, name);
      const holds = wanted.length >= 3 && name.includes(wanted);
      const rank =
        holds && wordsIn(name).includes(wordsIn(wanted))
          ? 0
          : edits <= allowed
            ? edits
            : holds
              ? allowed + 1
              : Infinity;
      return { candidate, rank };
    })
    .filter(({ rank }) => rank < Infinity)
    .sort((a, b) => a.rank - b.rank)
    .slice(0, 3)
    .map(({ candidate }) => candidate);
}

/** The words of a text, each between spaces. */
const wordsIn = (text: string): string => ` ${text.split(/[^\p{L}\p{N}]+/u).join(' ')} `;

/** Optimal string alignment distance: insertions, deletions, substitutions and swaps of neighbors. */
function distance(a: string, b: string): number {
  const rows = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = a[i - 1] === b[j - 1] ? 0 : 1;
      row[j] = Math.min(row[j - 1] + 1, rows[i - 1][j] + 1, rows[i - 1][j - 1] + change);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) row[j] = Math.min(row[j], rows[i - 2][j - 2] + 1);
    }
    rows.push(row);
  }
  return rows[a.length][b.length];
}

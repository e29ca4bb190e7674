import { CamError, type ErrorCode } from '../errors.ts';
import { inParameters, optionName } from '../options/wording.ts';

/** Error codes of the server, including the library's. */
export type ProblemCode =
  | ErrorCode
  | 'CUT_SHORT'
  | 'FORBIDDEN_HOST'
  | 'FORBIDDEN_ORIGIN'
  | 'NOT_FOUND'
  | 'METHOD_NOT_ALLOWED'
  | 'NOT_ACCEPTABLE'
  | 'TOO_LARGE'
  | 'TOO_SLOW'
  | 'BUSY'
  | 'CRASHED'
  | 'UNEXPECTED';

/** Status and title of each code. */
export const STATUS: Readonly<Record<ProblemCode, readonly [status: number, title: string]>> = {
  BAD_OPTION: [400, 'Invalid parameter'],
  BAD_TARGET: [400, 'Invalid target'],
  UNKNOWN_METHOD: [400, 'Unknown method'],
  UNKNOWN_LAYER: [400, 'Unknown layer'],
  UNKNOWN_CLASS: [400, 'Unknown class'],
  CUT_SHORT: [400, 'Incomplete body'],
  FORBIDDEN_HOST: [403, 'Host not allowed'],
  FORBIDDEN_ORIGIN: [403, 'Origin not allowed'],
  NOT_FOUND: [404, 'Not found'],
  METHOD_NOT_ALLOWED: [405, 'Method not allowed'],
  NOT_ACCEPTABLE: [406, 'Not acceptable'],
  TOO_SLOW: [408, 'Too slow'],
  TOO_LARGE: [413, 'Too large'],
  BAD_IMAGE: [422, 'Unreadable image'],
  BAD_TENSOR: [422, 'Invalid tensor'],
  UNSUPPORTED_OPERATOR: [422, 'The model cannot be explained this way'],
  UNSUPPORTED_MODEL: [422, 'The model cannot be explained this way'],
  BAD_LABELS: [500, 'Invalid labels on the server'],
  BAD_MODEL: [500, 'Invalid model on the server'],
  BAD_CHECKSUM: [500, 'Invalid model on the server'],
  NOT_DOWNLOADED: [500, 'A model is missing on the server'],
  DOWNLOAD: [502, 'A download failed'],
  RUNTIME: [500, 'The model failed to run'],
  OUTPUT: [500, 'The result could not be written'],
  CRASHED: [500, 'The worker crashed'],
  UNEXPECTED: [500, 'Unexpected error'],
  BUSY: [503, 'Busy'],
  ABORTED: [504, 'Timed out'],
};

/** A rejected request. */
export class Problem extends Error {
  readonly code: ProblemCode;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    code: ProblemCode,
    message: string,
    { headers = {}, cause }: { headers?: Readonly<Record<string, string>>; cause?: unknown } = {},
  ) {
    super(message, { cause });
    this.name = 'Problem';
    this.code = code;
    this.headers = headers;
  }
}

/** An error as in RFC 9457, with the library's code. */
export interface ProblemJson {
  readonly type: 'about:blank';
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: ProblemCode;
  /** The query parameter at fault, or the library's option. */
  readonly option?: string;
}

/** Hides the details of unexpected errors. */
export function problemOf(error: unknown): ProblemJson {
  const foreseen = error instanceof Problem || error instanceof CamError;
  const code: ProblemCode = foreseen ? error.code : 'UNEXPECTED';
  const [status, title] = STATUS[code];
  const detail = foreseen ? inParameters(error.message) : 'An unexpected error occurred on the server.';
  const option = error instanceof CamError ? error.option : undefined;
  const named = option && optionName(option, inParameters);
  return { type: 'about:blank', title, status, detail, code, ...(named && { option: named }) };
}

export function problemResponse(error: unknown): Response {
  const problem = problemOf(error);
  return Response.json(problem, {
    status: problem.status,
    headers: {
      ...(error instanceof Problem && error.headers),
      'content-type': 'application/problem+json',
    },
  });
}

/** An error as plain data, for another thread. */
export interface PlainError {
  readonly code: ProblemCode;
  readonly message: string;
  readonly option?: string | undefined;
  readonly retriable?: boolean;
  /** Whether it is the library's. */
  readonly library: boolean;
}

export function plainError(error: unknown): PlainError {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof CamError) {
    const { code, option, retriable } = error;
    return { code, message, option, retriable, library: true };
  }
  return { code: error instanceof Problem ? error.code : 'UNEXPECTED', message, library: false };
}

/** The error that plain data stands for. */
export function errorFrom({ code, message, option, retriable, library }: PlainError): Error {
  if (library) return new CamError(code as ErrorCode, message, { option, retriable });
  return code === 'UNEXPECTED' ? new Error(message) : new Problem(code, message);
}

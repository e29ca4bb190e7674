/** What went wrong, as a word that programs can rely on. */
export type ErrorCode =
  | 'BAD_OPTION'
  | 'BAD_IMAGE'
  | 'BAD_MODEL'
  | 'BAD_LABELS'
  | 'BAD_TENSOR'
  | 'BAD_TARGET'
  | 'UNKNOWN_METHOD'
  | 'UNKNOWN_LAYER'
  | 'UNKNOWN_CLASS'
  | 'UNSUPPORTED_OPERATOR'
  | 'UNSUPPORTED_MODEL'
  | 'RUNTIME'
  | 'OUTPUT'
  | 'ABORTED';

/** Every error that camwasm throws on purpose: what, why and what to do next in `message`, a stable `code`. */
export class CamError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'CamError';
    this.code = code;
  }
}

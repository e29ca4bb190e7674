import { CamError, type ErrorCode } from '../errors.ts';

export const DONE = 0;
/** A file or the model is bad, or a run failed. */
export const FAILED = 1;
/** An option, class, layer or method that does not exist or makes no sense. */
export const WRONG_USAGE = 2;
/** As shells write it: 128 + SIGINT. */
export const INTERRUPTED = 130;

const EXIT_CODES: Readonly<Record<ErrorCode, number>> = {
  BAD_OPTION: WRONG_USAGE,
  BAD_TARGET: WRONG_USAGE,
  UNKNOWN_METHOD: WRONG_USAGE,
  UNKNOWN_LAYER: WRONG_USAGE,
  UNKNOWN_CLASS: WRONG_USAGE,
  BAD_IMAGE: FAILED,
  BAD_MODEL: FAILED,
  BAD_LABELS: FAILED,
  BAD_TENSOR: FAILED,
  UNSUPPORTED_OPERATOR: FAILED,
  UNSUPPORTED_MODEL: FAILED,
  RUNTIME: FAILED,
  OUTPUT: FAILED,
  ABORTED: INTERRUPTED,
};

export const exitCodeOf = (error: unknown): number =>
  error instanceof CamError ? EXIT_CODES[error.code] : FAILED;

import { CamError, type ErrorCode } from '../options/index.ts';

export const DONE = 0;
/** An invalid file or model, a failed download, or a failed run. */
export const FAILED = 1;
/** An unknown or invalid option, class, layer or method. */
export const WRONG_USAGE = 2;
/** 128 + SIGINT, as in shells. */
export const INTERRUPTED = 130;
/** 128 + SIGTERM. */
export const TERMINATED = 143;

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
  BAD_CHECKSUM: FAILED,
  NOT_DOWNLOADED: FAILED,
  DOWNLOAD: FAILED,
  UNSUPPORTED_OPERATOR: FAILED,
  UNSUPPORTED_MODEL: FAILED,
  RUNTIME: FAILED,
  OUTPUT: FAILED,
  ABORTED: INTERRUPTED,
};

/** The exit code for an error. The cause of ABORTED is the signal that the process got. */
export function exitCodeOf(error: unknown): number {
  if (!(error instanceof CamError)) return FAILED;
  return error.code === 'ABORTED' && error.cause === 'SIGTERM' ? TERMINATED : EXIT_CODES[error.code];
}

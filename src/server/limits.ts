/** Limits on the cost of a request. */
export interface Limits {
  /** Bytes of the body. */
  readonly bytes: number;
  /** Pixels of the picture: a heatmap and its overlay take 12 bytes for each. */
  readonly pixels: number;
  /** Methods times classes. */
  readonly results: number;
  /** Changed inputs that run at once, by `batch-size`: each takes the memory of a run. */
  readonly batch: number;
  /** Numbers in a JSON answer. */
  readonly numbers: number;
  /** Seconds to receive the body, and again to explain it; a run of the model is not interrupted. */
  readonly seconds: number;
  /** Requests that are received, wait or run at the same time: all others are asked to come back later. */
  readonly waiting: number;
}

/** The limits of a server that sets none. */
export const DEFAULT_LIMITS: Limits = {
  bytes: 10e6,
  pixels: 16e6,
  results: 16,
  batch: 32,
  numbers: 2e6,
  seconds: 30,
  waiting: 100,
};

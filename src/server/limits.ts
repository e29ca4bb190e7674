/** Limits on the cost of a request. */
export interface Limits {
  /** Bytes of the body. */
  readonly bytes: number;
  /** Pixels of the image; a heatmap and its overlay take 12 bytes per pixel. */
  readonly pixels: number;
  /** Number of methods times number of classes. */
  readonly results: number;
  /** Changed inputs that run at once (`batch-size`); each takes the memory of a run. */
  readonly batch: number;
  /** Numbers in a JSON answer. */
  readonly numbers: number;
  /** Seconds to receive the body, and again to explain it. A run of the model cannot be interrupted. */
  readonly seconds: number;
  /** Requests being received, waiting or running; beyond the limit, clients must retry later. */
  readonly waiting: number;
}

/** Default limits of a server. */
export const DEFAULT_LIMITS: Limits = {
  bytes: 10e6,
  pixels: 16e6,
  results: 16,
  batch: 32,
  numbers: 2e6,
  seconds: 30,
  waiting: 100,
};

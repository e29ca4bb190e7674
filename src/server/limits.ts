import { badOption } from '../errors.ts';
import { type Check, checkKeys } from '../table.ts';

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
  /**
   * Seconds to explain an image. A run of the model cannot be interrupted, but a worker that does not stop within as much
   * again is replaced.
   */
  readonly seconds: number;
  /** Requests waiting or running; beyond the limit, clients must retry later. */
  readonly waiting: number;
  /** Bodies being received at once; beyond the limit, the one that has been silent for longest is given up. */
  readonly receiving: number;
  /** Seconds to receive a body. */
  readonly receiveSeconds: number;
  /** Bytes of all bodies being received, waiting or running. */
  readonly held: number;
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
  receiving: 256,
  receiveSeconds: 30,
  held: 250e6,
};

const above0 = (takes: string, most: number): Check => ({
  takes,
  accepts: (value) => typeof value === 'number' && value > 0 && value <= most,
});

const AMOUNT = above0('a number above 0', Infinity);
const SECONDS = above0('a number of seconds above 0, at most a million', 1e6); // timers end at 2^31 ms

const CHECKS = new Map(
  Object.keys(DEFAULT_LIMITS).map((name) => [name, /seconds$/i.test(name) ? SECONDS : AMOUNT]),
);

/**
 * The given limits, and defaults for the others.
 * @throws {CamError} BAD_OPTION for an unknown or invalid limit.
 */
export function limitsOf(given: Partial<Limits> = {}): Limits {
  checkKeys({ ...given }, CHECKS, { noun: 'limit', path: 'limits.', error: badOption });
  const known = Object.entries(given).filter(([, value]) => value !== undefined);
  return { ...DEFAULT_LIMITS, ...Object.fromEntries(known) };
}

import { CamError } from '../errors.ts';
import { Problem } from './problem.ts';

/** Lets requests in up to a bound, and runs them one after the other: the model is one, and so is its thread. */
export interface Queue {
  /** Requests inside now. */
  readonly size: number;
  /**
   * Lets a request in. `turn` runs its work when those before it are done.
   * @throws Problem BUSY at the bound, with a Retry-After; CamError ABORTED for one that is given up while it waits.
   */
  enter<Result>(visit: (turn: Turn) => Promise<Result>): Promise<Result>;
}

export type Turn = <Result>(work: () => Promise<Result>, signal: AbortSignal) => Promise<Result>;

export function queue(bound: number): Queue {
  let size = 0;
  let last: Promise<unknown> = Promise.resolve();
  let mean = 1; // seconds of a turn, recent ones counting most

  const turn: Turn = (work, signal) => {
    const mine = last.then(async () => {
      if (signal.aborted) throw new CamError('ABORTED', 'The request was given up before its turn came.');
      const started = performance.now();
      try {
        return await work();
      } finally {
        mean += 0.2 * ((performance.now() - started) / 1000 - mean);
      }
    });
    last = mine.catch(() => undefined);
    return mine;
  };

  return {
    get size() {
      return size;
    },
    async enter(visit) {
      if (size >= bound) {
        throw new Problem('BUSY', `${size} requests wait already, which is the limit. Come back later.`, {
          'retry-after': String(Math.max(1, Math.ceil(size * mean))),
        });
      }
      size++;
      try {
        return await visit(turn);
      } finally {
        size--;
      }
    },
  };
}

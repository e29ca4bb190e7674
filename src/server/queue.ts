import { CamError } from '../errors.ts';
import { Problem } from './problem.ts';

/** Admits a limited number of requests and runs them one at a time, since they share the model and its thread. */
export interface Queue {
  /** Number of admitted requests. */
  readonly size: number;
  /**
   * Admits a request. `turn` runs its work after the earlier ones.
   * @throws {Problem} BUSY at the limit, with a Retry-After.
   * @throws {CamError} ABORTED immediately when a waiting request is canceled.
   */
  enter<Result>(visit: (turn: Turn) => Promise<Result>): Promise<Result>;
}

export type Turn = <Result>(work: () => Promise<Result>, signal: AbortSignal) => Promise<Result>;

export function queue(bound: number): Queue {
  let size = 0;
  let running = false;
  let mean = 1; // seconds per turn, weighted toward recent ones
  // A list rather than a promise chain: a request that leaves frees its image.
  const line: (() => Promise<void>)[] = [];

  const run = async () => {
    if (running) return;
    running = true;
    for (let next = line.shift(); next; next = line.shift()) {
      const started = performance.now();
      await next();
      mean += 0.2 * ((performance.now() - started) / 1000 - mean);
    }
    running = false;
  };

  const turn: Turn = (work, signal) =>
    new Promise((resolve, reject) => {
      const start = async () => {
        signal.removeEventListener('abort', leave);
        try {
          resolve(await work());
        } catch (error) {
          reject(error as Error);
        }
      };
      const leave = () => {
        if (line.includes(start)) line.splice(line.indexOf(start), 1);
        reject(new CamError('ABORTED', 'The request was aborted while it waited.'));
      };
      if (signal.aborted) return leave();
      signal.addEventListener('abort', leave, { once: true });
      line.push(start);
      void run();
    });

  return {
    get size() {
      return size;
    },
    async enter(visit) {
      if (size >= bound) {
        throw new Problem('BUSY', `The limit of ${size} waiting requests is reached. Try again later.`, {
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

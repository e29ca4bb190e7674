import { CamError } from '../errors.ts';
import { Problem } from './problem.ts';

/** Lets requests in up to a bound, and runs them one after the other: the model is one, and so is its thread. */
export interface Queue {
  /** Requests inside now. */
  readonly size: number;
  /**
   * Lets a request in. `turn` runs its work when those before it are done.
   * @throws {Problem} BUSY at the bound, with a Retry-After.
   * @throws {CamError} ABORTED at once for a request that is canceled while it waits.
   */
  enter<Result>(visit: (turn: Turn) => Promise<Result>): Promise<Result>;
}

export type Turn = <Result>(work: () => Promise<Result>, signal: AbortSignal) => Promise<Result>;

export function queue(bound: number): Queue {
  let size = 0;
  let running = false;
  let mean = 1; // seconds of a turn, recent ones counting most
  // A list, and no chain of promises: who leaves takes along the image that the work holds.
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
        throw new Problem(
          'BUSY',
          `${size} requests are already waiting, which is the limit. Try again later.`,
          {
            'retry-after': String(Math.max(1, Math.ceil(size * mean))),
          },
        );
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

import { CamError } from '../errors.ts';
import { Problem } from './problem.ts';

/** Runs a limited number of requests one at a time, since they share the models and their thread. */
export interface Queue {
  /** Number of requests that wait or run. */
  readonly size: number;
  /** @throws {Problem} BUSY at the limit. */
  checkRoom(): void;
  /**
   * Runs work after the earlier ones.
   * @throws {Problem} BUSY at the limit.
   * @throws {CamError} ABORTED immediately when a waiting request is canceled.
   */
  run<Result>(work: () => Promise<Result>, signal: AbortSignal): Promise<Result>;
  /** A BUSY error. Its Retry-After is the time that what waits now will take, by what recent requests took. */
  busy(why: string): Problem;
  /** Refuses further requests, and resolves when the admitted ones are done. */
  drain(): Promise<void>;
}

/** Requests that an estimate is based on. */
const RECENT = 16;

/** @param now milliseconds of a clock */
export function queue(bound: number, now: () => number = () => performance.now()): Queue {
  let size = 0;
  let started: number | undefined;
  let drained: (() => void) | undefined;
  let closed = false;
  const recent: number[] = [];
  // A list rather than a promise chain: a request that leaves frees its image.
  const line: (() => Promise<void>)[] = [];

  const runLine = async () => {
    if (started !== undefined) return;
    for (let next = line.shift(); next; next = line.shift()) {
      started = now();
      await next();
      recent.push(now() - started);
      if (recent.length > RECENT) recent.shift();
    }
    started = undefined;
  };

  /** Milliseconds of a request: the mean of recent ones or, of the first, its time so far. */
  const expected = (): number =>
    recent.length > 0
      ? recent.reduce((sum, one) => sum + one, 0) / recent.length
      : now() - (started ?? now());

  const busy = (why: string): Problem =>
    new Problem('BUSY', `${why} Try again later.`, {
      headers: { 'retry-after': String(Math.max(1, Math.ceil((size * expected()) / 1000))) },
    });

  const checkRoom = () => {
    if (closed) throw busy('The server is stopping.');
    if (size >= bound) throw busy(`The limit of ${bound} waiting requests is reached.`);
  };

  const turn = <Result>(work: () => Promise<Result>, signal: AbortSignal): Promise<Result> =>
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
      void runLine();
    });

  return {
    get size() {
      return size;
    },
    checkRoom,
    busy,
    async run(work, signal) {
      checkRoom();
      size++;
      try {
        return await turn(work, signal);
      } finally {
        if (--size === 0) drained?.();
      }
    },
    drain() {
      closed = true;
      return new Promise((resolve) => (size === 0 ? resolve() : (drained = resolve)));
    },
  };
}

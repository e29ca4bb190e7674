import { abortedBy, type CamError } from '../errors.ts';

/** Work that must not overlap, in the order of its arrival. */
export interface Turns {
  /**
   * Runs work when all earlier work has ended, whether or not that failed. Work must not take a turn of the same line.
   * @throws {CamError} ABORTED as soon as the signal is aborted. Work that has not begun never does; the next turn comes
   * when work that has begun ends.
   */
  readonly take: <Result>(work: () => Promise<Result>, signal?: AbortSignal) => Promise<Result>;
  /** Rejects all work that has not begun. */
  readonly dismiss: (error: CamError) => void;
}

interface Waiting {
  readonly begin: () => Promise<void>;
  readonly leave: (error: CamError) => void;
}

export function turns(): Turns {
  const line = new Set<Waiting>();
  let running = false;

  const run = async () => {
    if (running) return;
    running = true;
    // A set's iteration also visits what is added meanwhile.
    for (const next of line) {
      line.delete(next);
      await next.begin();
    }
    running = false;
  };

  return {
    take: (work, signal) =>
      new Promise((resolve, reject) => {
        const leave = (error: CamError) => {
          line.delete(waiting);
          signal?.removeEventListener('abort', abort);
          reject(error);
        };
        const abort = () => leave(abortedBy(signal));
        const waiting: Waiting = {
          leave,
          begin: async () => {
            try {
              resolve(await work());
            } catch (error) {
              reject(error as Error);
            }
            signal?.removeEventListener('abort', abort);
          },
        };
        if (signal?.aborted) return abort();
        signal?.addEventListener('abort', abort);
        line.add(waiting);
        void run();
      }),
    dismiss: (error) => {
      for (const { leave } of line) leave(error);
    },
  };
}

/** Milliseconds per stage. */
export interface Stopwatch {
  readonly timings: Readonly<Record<string, number>>;
  /** Runs work and adds its time to a stage. */
  readonly time: <Result>(stage: string, work: () => Promise<Result>) => Promise<Result>;
}

export function stopwatch(): Stopwatch {
  const timings = new Map<string, number>();
  return {
    get timings() {
      return Object.fromEntries(timings);
    },
    async time(stage, work) {
      const started = performance.now();
      try {
        return await work();
      } finally {
        timings.set(stage, (timings.get(stage) ?? 0) + performance.now() - started);
      }
    },
  };
}

/** Milliseconds per stage. */
export interface Stopwatch {
  readonly timings: Readonly<Record<string, number>>;
  /** Runs work and adds its time to a stage. */
  readonly time: <Result>(stage: string, work: () => Promise<Result>) => Promise<Result>;
}

export function stopwatch(): Stopwatch {
  const timings: Record<string, number> = {};
  return {
    timings,
    async time(stage, work) {
      const started = performance.now();
      try {
        return await work();
      } finally {
        timings[stage] = (timings[stage] ?? 0) + performance.now() - started;
      }
    },
  };
}

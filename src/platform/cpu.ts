// Each wasm thread is a worker to start and to wait for.
const CAP = 8;

/** How many threads to use: the cores of the machine, at most 8. */
export async function cpuCount(): Promise<number> {
  const { navigator } = globalThis as { navigator?: { hardwareConcurrency?: number } };
  const cores = navigator?.hardwareConcurrency ?? (await import('node:os')).availableParallelism();
  return Math.max(1, Math.min(cores, CAP));
}

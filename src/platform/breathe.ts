interface Scheduling {
  scheduler?: { yield?: () => Promise<void> };
  setImmediate?: (done: () => void) => unknown;
}

/** Lets timers, sockets and events have their turn, as no promise does that is fulfilled already. */
export function breathe(): Promise<void> {
  const { scheduler, setImmediate = setTimeout } = globalThis as Scheduling;
  return scheduler?.yield?.() ?? new Promise((resolve) => void setImmediate(resolve));
}

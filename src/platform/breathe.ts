import { runtime } from './runtime.ts';

interface Scheduling {
  scheduler?: { yield?: () => Promise<void> };
  setImmediate?: (done: () => void) => unknown;
}

/** Lets timers, sockets and events have their turn, as no promise does that is fulfilled already. */
export function breathe(): Promise<void> {
  // Deno has setImmediate, but its sockets come to nothing between two of them; a timer is 2 ms, where they do.
  if (runtime() === 'deno') return new Promise((resolve) => void setTimeout(resolve));
  const { scheduler, setImmediate = setTimeout } = globalThis as Scheduling;
  return scheduler?.yield?.() ?? new Promise((resolve) => void setImmediate(resolve));
}

import { runtime } from './runtime.ts';

interface Scheduling {
  scheduler?: { yield?: () => Promise<void> };
  setImmediate?: (done: () => void) => unknown;
}

/** Gives timers, sockets and events a turn, unlike an already resolved promise. */
export function breathe(): Promise<void> {
  // In Deno, sockets make no progress between two setImmediate calls. A timer takes 2 ms, and they do.
  if (runtime() === 'deno') return new Promise((resolve) => void setTimeout(resolve));
  const { scheduler, setImmediate = setTimeout } = globalThis as Scheduling;
  return scheduler?.yield?.() ?? new Promise((resolve) => void setImmediate(resolve));
}

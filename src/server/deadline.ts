/**
 * Runs work with a signal that aborts when the client disconnects or time is up. The timer and the listener keep the
 * signal alive: in Node 20, signals of AbortSignal.any and AbortSignal.timeout can be garbage-collected and then never
 * fire.
 */
export async function withDeadline<Result>(
  { signal }: Request,
  seconds: number,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const stop = new AbortController();
  const leave = () => stop.abort(signal.reason);
  const timer = setTimeout(() => {
    stop.abort(new DOMException(`Timed out after ${seconds} s.`, 'TimeoutError'));
  }, seconds * 1000);
  signal.addEventListener('abort', leave);
  if (signal.aborted) leave();
  try {
    return await work(stop.signal);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', leave);
  }
}

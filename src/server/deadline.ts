/**
 * Runs work with a signal that is aborted when the client goes away, or after so many seconds. The timer and the listener
 * hold it for as long as the work lasts: what AbortSignal.any and AbortSignal.timeout make is held by nobody in Node 20,
 * and never fires once it was collected.
 */
export async function withDeadline<Result>(
  { signal }: Request,
  seconds: number,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const stop = new AbortController();
  const leave = () => stop.abort(signal.reason);
  const timer = setTimeout(() => {
    stop.abort(new DOMException(`These were more than ${seconds} seconds.`, 'TimeoutError'));
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

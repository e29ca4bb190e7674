import { Problem } from './problem.ts';

/**
 * Runs work with a signal that aborts when another one does or time is up. The timer and the listener keep the
 * signal alive: in Node 20, signals of AbortSignal.any and AbortSignal.timeout can be garbage-collected and then never
 * fire.
 * @throws {Problem} ABORTED when work fails after its time.
 */
export async function withDeadline<Result>(
  signal: AbortSignal,
  seconds: number,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const stop = new AbortController();
  const leave = () => stop.abort(signal.reason);
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    stop.abort(new DOMException(`Timed out after ${seconds} s.`, 'TimeoutError'));
  }, seconds * 1000);
  signal.addEventListener('abort', leave);
  if (signal.aborted) leave();
  try {
    return await work(stop.signal);
  } catch (error) {
    if (!late) throw error;
    throw new Problem(
      'ABORTED',
      `The image could not be explained in ${seconds} s. Ask for fewer or cheaper methods, or send a smaller image.`,
      { cause: error },
    );
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', leave);
  }
}

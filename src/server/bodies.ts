import type { Bytes } from '../platform/bytes.ts';
import type { Limits } from './limits.ts';
import { Problem } from './problem.ts';

/** Receives the bodies of requests, within limits on their number, bytes and time. */
export interface Bodies {
  /** Number of bodies being received. */
  readonly size: number;
  /**
   * Receives the body of a request, and counts its bytes until `use` is done with it.
   * @throws {Problem} TOO_LARGE, TOO_SLOW or CUT_SHORT when the body exceeds a limit or is incomplete.
   * @throws {Problem} BUSY when others need its place.
   */
  hold<Result>(request: Request, use: (body: Bytes) => Promise<Result>): Promise<Result>;
  /** Gives up the bodies that are not complete. */
  close(): void;
}

/** A body being received. */
interface Arrival {
  bytes: number;
  readonly giveUp: (why: Problem) => void;
}

/** @param busy makes a BUSY error */
export function bodiesOf(limits: Limits, busy: (why: string) => Problem): Bodies {
  const { bytes: most, receiveSeconds, receiving, held: room } = limits;
  /** Those that have been silent for longest come first. */
  const arriving = new Set<Arrival>();
  let held = 0;

  const tooLarge = () =>
    new Problem('TOO_LARGE', `The body is larger than ${most / 1e6} MB. Send a smaller image.`);

  const giveUpSlowest = () => {
    const [slowest] = arriving;
    slowest?.giveUp(busy('All places for bodies are taken, and this one came slower than the others.'));
  };

  async function receive(request: Request): Promise<{ body: Bytes; arrival: Arrival }> {
    if (Number(request.headers.get('content-length')) > most) throw tooLarge();
    const stream = request.body ?? (await request.blob()).stream(); // Firefox has no Request.body
    const reader = stream.getReader();
    let stopped: Problem | undefined;
    const arrival: Arrival = {
      bytes: 0,
      giveUp: (why) => {
        stopped ??= why;
        arriving.delete(arrival);
        held -= arrival.bytes;
        arrival.bytes = 0;
        void reader.cancel().catch(() => undefined);
      },
    };
    const timer = setTimeout(
      () => arrival.giveUp(new Problem('TOO_SLOW', `The body took more than ${receiveSeconds} s to arrive.`)),
      receiveSeconds * 1000,
    );
    if (arriving.size >= receiving) giveUpSlowest();
    arriving.add(arrival);
    // One buffer: a body in parts of one byte would take a hundred times its size as a list.
    let body = new Uint8Array(0);
    try {
      for (;;) {
        const { done, value } = await reader.read().catch(() => {
          throw stopped ?? new Problem('CUT_SHORT', 'The body ended early. Send it again.');
        });
        if (stopped) throw stopped;
        if (done) break;
        arriving.delete(arrival);
        arriving.add(arrival);
        const end = arrival.bytes + value.length;
        if (end > most) throw tooLarge();
        body = enlarged(body, end, most);
        body.set(value, arrival.bytes);
        arrival.bytes = end;
        held += value.length;
        while (held > room && !stopped) giveUpSlowest();
      }
      return { body: body.subarray(0, arrival.bytes), arrival };
    } catch (error) {
      arrival.giveUp(error as Problem);
      throw error;
    } finally {
      clearTimeout(timer);
      arriving.delete(arrival);
    }
  }

  return {
    get size() {
      return arriving.size;
    },
    async hold(request, use) {
      const { body, arrival } = await receive(request);
      try {
        return await use(body);
      } finally {
        held -= arrival.bytes;
      }
    },
    close() {
      for (const arrival of arriving) arrival.giveUp(busy('The server is stopping.'));
    },
  };
}

/** A buffer of at least `size` bytes that begins as another one: twice as large, to be copied seldom. */
function enlarged(buffer: Bytes, size: number, most: number): Bytes {
  if (buffer.length >= size) return buffer;
  const larger = new Uint8Array(Math.max(size, Math.min(2 * buffer.length, most)));
  larger.set(buffer);
  return larger;
}

import { addAbortSignal, type Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { CamError } from '../options/index.ts';

/** An output stream. */
export interface Sink {
  readonly isTTY: boolean;
  readonly columns: number;
  /** Resolves once written. Drops output for a reader that has closed the pipe. */
  readonly write: (chunk: string | Uint8Array) => Promise<void>;
}

/** The process, as seen by a command, except files. */
export interface IO {
  /**
   * Reads standard input to its end.
   * @throws {CamError} ABORTED as soon as `signal` is aborted.
   */
  readonly stdin: () => Promise<Uint8Array>;
  readonly stdout: Sink;
  readonly stderr: Sink;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborted on an interrupt or a request to terminate; the reason is the name of the signal. */
  readonly signal: AbortSignal;
}

/** The real process. The first SIGINT or SIGTERM requests a clean stop, the second one kills. */
export function processIO(process: NodeJS.Process): IO {
  const interrupt = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interrupt.abort(signal));
  return {
    stdin: () => readToEnd(process.stdin, interrupt.signal),
    stdout: sink(process.stdout),
    stderr: sink(process.stderr),
    cwd: process.cwd(),
    env: process.env,
    signal: interrupt.signal,
  };
}

async function readToEnd(stream: Readable, signal: AbortSignal): Promise<Uint8Array> {
  try {
    return new Uint8Array(await buffer(addAbortSignal(signal, stream)));
  } catch (cause) {
    throw signal.aborted ? new CamError('ABORTED', 'Aborted.', { cause: signal.reason }) : cause;
  }
}

function sink(stream: NodeJS.WriteStream): Sink {
  let gone = false;
  stream.on('error', () => undefined); // each write reports its errors
  return {
    isTTY: Boolean(stream.isTTY), // undefined if it is not
    columns: stream.columns || 100, // undefined without a terminal, 0 if unknown
    write: (chunk) =>
      new Promise((resolve, reject) => {
        if (gone) return resolve();
        stream.write(chunk, (error) => {
          gone = (error as NodeJS.ErrnoException | undefined)?.code === 'EPIPE';
          if (!error || gone) resolve();
          else
            reject(
              new CamError('OUTPUT', `Cannot write to standard output: ${error.message}.`, { cause: error }),
            );
        });
      }),
  };
}

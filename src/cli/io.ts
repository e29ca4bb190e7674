import { CamError } from '../errors.ts';

/** Where text and bytes go. */
export interface Sink {
  readonly isTTY: boolean;
  readonly columns: number;
  /** Resolves when it is written; what a reader that has gone away does not take is dropped. */
  readonly write: (chunk: string | Uint8Array) => Promise<void>;
}

/** All that a command touches of the process besides files. */
export interface IO {
  readonly stdin: () => Promise<Uint8Array>;
  readonly stdout: Sink;
  readonly stderr: Sink;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborted when the user interrupts, or the system asks for an end. */
  readonly signal: AbortSignal;
}

/** The process's own; the first SIGINT or SIGTERM is a request, the second one ends it at once. */
export function processIO(process: NodeJS.Process, stdin: IO['stdin']): IO {
  const interrupt = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interrupt.abort());
  return {
    stdin,
    stdout: sink(process.stdout),
    stderr: sink(process.stderr),
    cwd: process.cwd(),
    env: process.env,
    signal: interrupt.signal,
  };
}

function sink(stream: NodeJS.WriteStream): Sink {
  let gone = false;
  stream.on('error', () => undefined); // each write reports its own
  return {
    isTTY: Boolean(stream.isTTY), // undefined where it is none
    columns: stream.columns || 100, // undefined where it is no terminal, 0 where the terminal does not know
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

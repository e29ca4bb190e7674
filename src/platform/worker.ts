import type { Worker } from 'node:worker_threads';
import { nodeModule } from './node.ts';
import { dependencyFile } from './package.ts';
import { runtime } from './runtime.ts';

/** A message to a worker: a task, or the wish to end one. */
interface Message {
  readonly id: number;
  readonly task?: unknown;
}

/** What a worker answers a task with. */
interface TaskEnd {
  readonly id: number;
  readonly result?: unknown;
  readonly failure?: unknown;
}

/** A task's result, with the buffers that move to the other thread instead of being copied. */
export interface Handover<Result> {
  readonly result: Result;
  readonly transfer: readonly ArrayBuffer[];
}

/** How a task that is aborted ends. */
export interface Stopping {
  readonly signal: AbortSignal;
  /** Seconds that the worker has to end the task by itself; then it is terminated. */
  readonly patience: number;
  readonly transfer: readonly ArrayBuffer[];
}

/** A thread that does tasks, and is replaced when it crashes or does not stop. */
export interface Background<Task> {
  /** Rejects with what `failed` makes of a failure, or with what `lost` makes of a worker that ended. */
  readonly run: (task: Task, stopping?: Stopping) => Promise<unknown>;
  /** Ends the worker, and the tasks with it. */
  readonly stop: () => Promise<void>;
}

/** Errors for tasks that a worker did not complete. */
export interface Failures {
  /** From the plain data that `answerTasks` sent. */
  readonly failed: (failure: unknown) => Error;
  /** The worker has crashed, or was terminated since it did not stop. */
  readonly lost: (how: 'crashed' | 'stuck', cause: unknown) => Error;
}

/** Runs tasks in a worker thread of Node, Deno or Bun: a module that calls `answerTasks`. It starts with its first task. */
export function background<Task>(module: URL, data: unknown, { failed, lost }: Failures): Background<Task> {
  interface Pending {
    readonly resolve: (result: unknown) => void;
    readonly reject: (error: Error) => void;
  }
  const pending = new Map<number, Pending>();
  let worker: Worker | undefined;
  let ids = 0;

  const start = () => {
    const started = startWorker(module, data);
    let cause: unknown;
    started.on('error', (error) => (cause = error));
    started.on('exit', () => end(started, 'crashed', cause));
    started.on('message', ({ id, result, failure }: TaskEnd) => {
      const task = pending.get(id);
      if (failure === undefined) task?.resolve(result);
      else task?.reject(failed(failure));
    });
    return started;
  };

  /** Gives up the worker and its tasks; the next task starts another one. */
  const end = (ended: Worker, how: 'crashed' | 'stuck', cause?: unknown) => {
    if (ended !== worker) return;
    worker = undefined;
    for (const task of pending.values()) task.reject(lost(how, cause));
  };

  return {
    async run(task, stopping) {
      const used = (worker ??= start());
      const id = ids++;
      used.ref();
      let timer: ReturnType<typeof setTimeout> | undefined;
      const abort = () => {
        used.postMessage({ id } satisfies Message);
        timer = setTimeout(() => {
          end(used, 'stuck');
          void used.terminate();
        }, stopping!.patience * 1000);
      };
      try {
        return await new Promise((resolve, reject) => {
          pending.set(id, { resolve, reject });
          used.postMessage({ id, task } satisfies Message, [...(stopping?.transfer ?? [])]);
          stopping?.signal.addEventListener('abort', abort);
          if (stopping?.signal.aborted) abort();
        });
      } finally {
        clearTimeout(timer);
        stopping?.signal.removeEventListener('abort', abort);
        pending.delete(id);
        if (pending.size === 0 && used === worker) used.unref(); // an idle worker does not keep the process
      }
    },
    async stop() {
      const stopped = worker;
      if (!stopped) return;
      end(stopped, 'crashed');
      await stopped.terminate();
    },
  };
}

function startWorker(module: URL, workerData: unknown): Worker {
  const threads = nodeModule('node:worker_threads');
  // From the sources: tsx reads TypeScript in the main thread only, where Node cannot.
  const tsx =
    runtime() === 'node' && module.pathname.endsWith('.ts') ? dependencyFile('tsx/esm/api') : undefined;
  if (tsx === undefined) return new threads.Worker(module, { workerData });
  const api = JSON.stringify(nodeModule('node:url').pathToFileURL(tsx.replace(/\.cjs$/, '.mjs')).href);
  const code = `import(${api}).then(({ register }) => (register(), import(${JSON.stringify(module.href)})));`;
  return new threads.Worker(code, { eval: true, workerData });
}

/**
 * Does the tasks of `background`, in its worker.
 *
 * @param prepare makes the function that does them from the worker's data
 * @param plain makes plain data of an error
 */
export function answerTasks<Data, Task>(
  prepare: (data: Data) => (task: Task, signal: AbortSignal) => Promise<Handover<unknown>>,
  plain: (error: unknown) => unknown,
): void {
  const { parentPort, workerData } = nodeModule('node:worker_threads');
  const work = prepare(workerData as Data);
  const running = new Map<number, AbortController>();
  parentPort?.on('message', ({ id, task }: Message) => {
    if (task === undefined) return running.get(id)?.abort(new DOMException('Timed out.', 'TimeoutError'));
    const stop = new AbortController();
    running.set(id, stop);
    work(task as Task, stop.signal)
      .then(
        ({ result, transfer }) => parentPort.postMessage({ id, result } satisfies TaskEnd, [...transfer]),
        (error: unknown) => parentPort.postMessage({ id, failure: plain(error) } satisfies TaskEnd),
      )
      .finally(() => running.delete(id));
  });
}

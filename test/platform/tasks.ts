import { answerTasks } from '../../src/platform/worker.ts';

/** What the worker of worker.test.ts can be asked for. */
export type Chore =
  { echo: unknown } | { fail: string } | { forever: 'waiting' | 'spinning' } | { crash: string };

answerTasks(
  (data) =>
    async (task: Chore, signal: AbortSignal): Promise<{ result: unknown; transfer: ArrayBuffer[] }> => {
      if ('echo' in task) return { result: [data, task.echo], transfer: [] };
      if ('fail' in task) throw new Error(task.fail);
      if ('crash' in task)
        setTimeout(() => {
          throw new Error(task.crash);
        });
      while ('forever' in task && task.forever === 'spinning');
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      throw new Error(`stopped by ${(signal.reason as DOMException).name}`);
    },
  (error) => ({ message: (error as Error).message }),
);

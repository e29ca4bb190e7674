/**
 * The thread in which a server runs its models; `workerModels` starts it.
 *
 * @module
 */
import { Explainer } from '../explain/explainer.ts';
import { answerTasks, type Handover } from '../platform/worker.ts';
import { localModels } from './models.ts';
import { plainError } from './problem.ts';
import type { WorkerTask, Workplace } from './worker-models.ts';

answerTasks(({ files, limits }: Workplace) => {
  const loaders = files.map(
    ([name, { model, options }]) => [name, () => Explainer.load(model, options)] as const,
  );
  const models = localModels(Object.fromEntries(loaders), limits);
  return async (task: WorkerTask, signal: AbortSignal): Promise<Handover<unknown>> => {
    if ('load' in task) return { result: await models.load(task.load), transfer: [] };
    return { result: await models.explain(task.explain, signal), transfer: [] };
  };
}, plainError);

/**
 * Serves the request handler on Node's `http`, in Node, Deno and Bun.
 *
 * @module
 */
import { checkOptions } from '../options/check.ts';
import { type Handler, handlerOf, type ServiceOptions } from './handler.ts';
import { BUILT_IN } from './models.ts';
import { type NamedModelFiles, workerModels } from './worker-models.ts';

export { listen, nodeListener, type Fetch, type Listening, type ListenOptions } from '../platform/http.ts';
export type { AccessOptions } from '../types.ts';
export type { Handler, ServiceOptions } from './handler.ts';
export type { Limits } from './limits.ts';
export type { ModelRow } from './models.ts';
export type { ModelFile, NamedModelFiles } from './worker-models.ts';

/** Options of `createWorkerHandler`. */
export interface WorkerHandlerOptions extends ServiceOptions {
  /** Default: the built-in model. */
  readonly models?: NamedModelFiles;
}

/**
 * As `createHandler`, with decoders and models in a worker thread: `/healthz` and signals are answered while they run, and
 * the worker is replaced when an image crashes it or keeps it longer than twice `limits.seconds`.
 *
 * @example
 * const handler = createWorkerHandler({ models: { resnet50: { model: 'resnet50.onnx' } } });
 * const { url } = await listen(handler.fetch, { port: 8080 });
 * @throws {CamError} BAD_OPTION for an unknown or invalid option.
 */
export function createWorkerHandler(options: WorkerHandlerOptions = {}): Handler {
  checkOptions(options, 'handler');
  const { models = { [BUILT_IN]: {} } } = options;
  return handlerOf((limits) => workerModels(models, limits), options);
}

import { Explainer } from '../explain/explainer.ts';
import { methodsJson, SCHEMA } from '../explain/json.ts';
import { checkOptions } from '../options/check.ts';
import type { AccessOptions } from '../types.ts';
import { type Bodies, bodiesOf } from './bodies.ts';
import { withDeadline } from './deadline.ts';
import { guarded } from './guard.ts';
import { type Limits, limitsOf } from './limits.ts';
import {
  BUILT_IN,
  hidingPaths,
  localModels,
  type ModelLoaders,
  type ModelRow,
  type Models,
} from './models.ts';
import { Problem, problemOf, problemResponse } from './problem.ts';
import { readQuery } from './query.ts';
import { type Queue, queue } from './queue.ts';

/** Limits of a server, and who may use it. */
export interface ServiceOptions extends AccessOptions {
  readonly limits?: Partial<Limits>;
}

/** Options of `createHandler`. */
export interface HandlerOptions extends ServiceOptions {
  /** Default: the built-in model. */
  readonly models?: ModelLoaders;
}

/** A server without a socket, for Workers, Deno, Bun and frameworks. */
export interface Handler {
  /** Answers a request; never rejects. Needs no `this`. */
  readonly fetch: (request: Request) => Promise<Response>;
  /**
   * Loads a model (the default one, unless named) before it is asked for, and describes it.
   * @throws {CamError} the error of its loader, which requests are not told.
   */
  readonly load: (name?: string) => Promise<ModelRow>;
  /** Refuses further requests, and frees the models when the admitted ones are answered. */
  readonly close: () => Promise<void>;
}

/**
 * Explains images over HTTP:
 *
 * - `POST /explain`, with the image as body or as the file of a form, and options in the query under their command-line
 * names: answers a PNG, JPEG, NPY or JSON, chosen by `Accept` or `format`
 * - `GET /methods`, `GET /models`, `GET /healthz`
 *
 * Errors are `application/problem+json` (RFC 9457) with the library's `code`. Models load once, on first use; requests
 * take turns, and beyond `limits.waiting` get 503 with Retry-After.
 *
 * @example
 * const { fetch } = createHandler({ models: { resnet50: () => Explainer.load('resnet50.onnx') } });
 * export default { fetch };
 * @throws {CamError} BAD_OPTION for an unknown or invalid option.
 */
export function createHandler(options: HandlerOptions = {}): Handler {
  checkOptions(options, 'handler');
  const { models = { [BUILT_IN]: () => Explainer.load() } } = options;
  return handlerOf((limits) => localModels(models, limits), options);
}

/** A handler for models, wherever they run. */
export function handlerOf(modelsFor: (limits: Limits) => Models, options: ServiceOptions): Handler {
  const limits = limitsOf(options.limits);
  const line = queue(limits.waiting);
  const service: Service = {
    limits,
    models: modelsFor(limits),
    queue: line,
    bodies: bodiesOf(limits, line.busy),
  };
  return {
    fetch: guarded((request) => route(service, request).catch(problemResponse), options),
    load: (name) => service.models.load(name),
    close: async () => {
      service.bodies.close();
      await line.drain();
      await service.models.close();
    },
  };
}

interface Service {
  readonly limits: Limits;
  readonly models: Models;
  readonly queue: Queue;
  readonly bodies: Bodies;
}

type Route = (service: Service, request: Request, url: URL) => Promise<Response>;

const ROUTES = new Map<string, readonly [method: 'GET' | 'POST', route: Route]>([
  ['/explain', ['POST', explainRoute]],
  ['/methods', ['GET', () => Promise.resolve(Response.json(methodsJson()))]],
  ['/models', ['GET', modelsRoute]],
  [
    '/healthz',
    [
      'GET',
      ({ queue, bodies, limits }) =>
        Promise.resolve(
          Response.json({
            status: 'ok',
            receiving: bodies.size,
            waiting: queue.size,
            limit: limits.waiting,
          }),
        ),
    ],
  ],
]);

async function route(service: Service, request: Request): Promise<Response> {
  const url = new URL(request.url);
  const found = ROUTES.get(url.pathname);
  if (!found) {
    const known = [...ROUTES].map(([path, [method]]) => `${method} ${path}`);
    throw new Problem('NOT_FOUND', `Unknown path ${url.pathname}. Known: ${known.join(', ')}.`);
  }
  const [method, route] = found;
  const asked = request.method === 'HEAD' ? 'GET' : request.method;
  if (asked !== method) {
    throw new Problem('METHOD_NOT_ALLOWED', `${url.pathname} takes ${method}, not ${asked}.`, {
      headers: { allow: method === 'GET' ? 'GET, HEAD' : method },
    });
  }
  const response = await route(service, request, url);
  return request.method === 'HEAD' ? new Response(null, response) : response;
}

/** Takes a place in the queue only when the body is there: a slow client keeps no one waiting. */
function explainRoute(
  { limits, models, queue, bodies }: Service,
  request: Request,
  url: URL,
): Promise<Response> {
  const { headers, signal } = request;
  const query = readQuery(url.searchParams);
  queue.checkRoom();
  return bodies.hold(request, (body) =>
    queue.run(async () => {
      const question = {
        query,
        body,
        accept: headers.get('accept'),
        type: headers.get('content-type') ?? '',
      };
      await loadFor(models, query.model);
      const answer = await withDeadline(signal, limits.seconds, (stop) => models.explain(question, stop));
      return new Response(answer.body, { headers: { 'content-type': answer.type } });
    }, signal),
  );
}

/** Loads missing models, in turn like all heavy work; a model that fails has an error in its row. */
function modelsRoute({ models, queue }: Service, request: Request): Promise<Response> {
  const list = async () => {
    const rows: object[] = [];
    for (const name of models.names) {
      const row = await loadFor(models, name).catch((error: unknown) => ({ error: problemOf(error) }));
      rows.push({ id: name, default: rows.length === 0, ...row });
    }
    return Response.json({ schema: SCHEMA, models: rows });
  };
  return queue.run(list, request.signal);
}

/** Loads a model, with errors for clients. */
async function loadFor(models: Models, name = models.names[0]): Promise<ModelRow> {
  try {
    return await models.load(name);
  } catch (error) {
    throw hidingPaths(name, error);
  }
}

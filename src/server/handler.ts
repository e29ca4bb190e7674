import { Explainer } from '../explain/explainer.ts';
import { methodsJson, SCHEMA } from '../explain/json.ts';
import { ownValue } from '../table.ts';
import { readBody } from './body.ts';
import { withDeadline } from './deadline.ts';
import { explain } from './explain.ts';
import { DEFAULT_LIMITS, type Limits } from './limits.ts';
import { describe, type ModelLoaders, type Models, modelsOf } from './models.ts';
import { Problem, problemOf, problemResponse } from './problem.ts';
import { readQuery } from './query.ts';
import { type Queue, queue } from './queue.ts';

/** Options of `createHandler`. */
export interface HandlerOptions {
  /** Default: the built-in model. */
  readonly models?: ModelLoaders;
  readonly limits?: Partial<Limits>;
}

/** A server without a socket, for Workers, Deno, Bun and frameworks. */
export interface Handler {
  /** Answers a request; never rejects. Needs no `this`. */
  readonly fetch: (request: Request) => Promise<Response>;
  /** Frees the models. */
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
 */
export function createHandler(options: HandlerOptions = {}): Handler {
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const service: Service = {
    limits,
    models: modelsOf(options.models ?? { 'efficientnet-lite0': () => Explainer.load() }),
    queue: queue(limits.waiting),
  };
  return {
    fetch: (request) => route(service, request).catch(problemResponse),
    close: () => service.models.close(),
  };
}

interface Service {
  readonly limits: Limits;
  readonly models: Models;
  readonly queue: Queue;
}

type Route = (service: Service, request: Request, url: URL) => Promise<Response>;

const ROUTES: Readonly<Record<string, readonly [method: 'GET' | 'POST', route: Route]>> = {
  '/explain': ['POST', explainRoute],
  '/methods': ['GET', () => Promise.resolve(Response.json(methodsJson()))],
  '/models': ['GET', modelsRoute],
  '/healthz': [
    'GET',
    ({ queue, limits }) =>
      Promise.resolve(Response.json({ status: 'ok', waiting: queue.size, limit: limits.waiting })),
  ],
};

async function route(service: Service, request: Request): Promise<Response> {
  const url = new URL(request.url);
  const found = ownValue(ROUTES, url.pathname);
  if (found === undefined) {
    const known = Object.entries(ROUTES).map(([path, [method]]) => `${method} ${path}`);
    throw new Problem('NOT_FOUND', `Unknown path ${url.pathname}. Known: ${known.join(', ')}.`);
  }
  const [method, route] = found;
  const asked = request.method === 'HEAD' ? 'GET' : request.method;
  if (asked !== method) {
    throw new Problem('METHOD_NOT_ALLOWED', `${url.pathname} takes ${method}, not ${asked}.`, {
      allow: method === 'GET' ? 'GET, HEAD' : method,
    });
  }
  const response = await route(service, request, url);
  return request.method === 'HEAD' ? new Response(null, response) : response;
}

function explainRoute({ limits, models, queue }: Service, request: Request, url: URL): Promise<Response> {
  const query = readQuery(url.searchParams);
  return queue.enter(async (turn) => {
    const image = await readBody(request, limits);
    const work = async () => {
      const model = await models.get(query.model);
      const accept = request.headers.get('accept');
      return withDeadline(request, limits.seconds, (signal) =>
        explain({ model, image, query, limits, signal, accept }),
      );
    };
    return turn(work, request.signal);
  });
}

/** Loads missing models, in turn like all heavy work; a model that fails has an error in its row. */
function modelsRoute({ models, queue }: Service, request: Request): Promise<Response> {
  const row = async (name: string) => {
    const model = await models.get(name).catch((error: unknown) => ({ error: problemOf(error) }));
    return 'error' in model ? model : describe(model);
  };
  const list = async () => {
    const rows: object[] = [];
    for (const name of models.names)
      rows.push({ id: name, default: rows.length === 0, ...(await row(name)) });
    return Response.json({ schema: SCHEMA, models: rows });
  };
  return queue.enter((turn) => turn(list, request.signal));
}

import { nodeModule } from '../platform/node.ts';
import { background } from '../platform/worker.ts';
import type { LoadOptions } from '../types.ts';
import type { Content, Question } from './explain.ts';
import type { Limits } from './limits.ts';
import { type ModelRow, type Models, unknownModel } from './models.ts';
import { errorFrom, type PlainError, Problem } from './problem.ts';

/** A model by its file or bytes, with the options of `Explainer.load` that another thread can take. */
export interface ModelFile {
  /** A path, URL or the bytes of a model. Default: the built-in model. */
  readonly model?: string | URL | Uint8Array | undefined;
  readonly options?: Omit<LoadOptions, 'ort'>;
}

/** Models by name in the query; the first one is the default. */
export type NamedModelFiles = Readonly<Record<string, ModelFile>>;

/** What the worker is given when it starts. */
export interface Workplace {
  readonly files: readonly (readonly [name: string, file: ModelFile])[];
  readonly limits: Limits;
}

/** What the worker is to do. */
export type WorkerTask = { readonly load: string } | { readonly explain: Question };

/**
 * Models that run in a worker thread. It is replaced when it crashes, or does not stop within `limits.seconds` after it was
 * asked to; the image that it worked on gets an error, and no other one.
 */
export function workerModels(files: NamedModelFiles, limits: Limits, module: URL = workerModule()): Models {
  const names = Object.keys(files);
  const workplace: Workplace = {
    files: Object.entries(files).map(([name, file]) => [name, plainFile(file)]),
    limits,
  };
  const worker = background<WorkerTask>(module, workplace, {
    failed: (failure) => errorFrom(failure as PlainError),
    lost: (how, cause) =>
      how === 'stuck'
        ? new Problem('ABORTED', 'The work on the image did not stop.')
        : new Problem(
            'CRASHED',
            'The worker ended while it worked on this. Another one takes its place: try a smaller image.',
            { cause },
          ),
  });
  return {
    names,
    async load(name = names[0]) {
      if (!names.includes(name)) throw unknownModel(name, names);
      return (await worker.run({ load: name })) as ModelRow;
    },
    async explain(question, signal) {
      const transfer = [question.body.buffer as ArrayBuffer];
      return (await worker.run(
        { explain: question },
        { signal, patience: limits.seconds, transfer },
      )) as Content;
    },
    close: () => worker.stop(),
  };
}

/** Without URLs, which cannot be posted to a thread. */
function plainFile({ model, options: { labels, ...options } = {} }: ModelFile): ModelFile {
  const text = <Value>(value: Value | URL): Value | string =>
    value instanceof URL ? pathOrUrl(value) : value;
  return { model: text(model), options: { ...options, ...(labels && { labels: text(labels) }) } };
}

const pathOrUrl = (url: URL): string =>
  url.protocol === 'file:' ? nodeModule('node:url').fileURLToPath(url) : url.href;

/** `worker.ts` in the sources, `worker.js` in the package. */
function workerModule(): URL {
  const here: string = import.meta.url; // not in the call, where bundlers would look for files
  return new URL(here.endsWith('.ts') ? './worker.ts' : './worker.js', here);
}

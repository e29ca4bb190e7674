import { CamError } from '../errors.ts';
import type { Explainer, ModelInfo } from '../explain/explainer.ts';
import { type Content, explain, type Question } from './explain.ts';
import type { Limits } from './limits.ts';
import { Problem } from './problem.ts';

/** Loaders of the models, by name in the query; the first one is the default. */
export type ModelLoaders = Readonly<Record<string, () => Promise<Explainer>>>;

/** Name of the built-in model. */
export const BUILT_IN = 'efficientnet-lite0';

/** What GET /models says of a model. */
export interface ModelRow extends Pick<
  ModelInfo,
  'inputs' | 'outputs' | 'opset' | 'preprocessing' | 'preprocessingSources'
> {
  readonly labels: readonly string[];
  /** Number of threads that run it. */
  readonly threads: number;
  /** Warnings about the model. */
  readonly warnings: readonly string[];
}

/** The models of a server, each loaded once, on first use; they run in this thread or in another. */
export interface Models {
  readonly names: readonly string[];
  /**
   * Loads a model that is not loaded yet.
   * @throws {Problem} NOT_FOUND for an unknown name.
   * @throws the error of its loader; the next call tries again.
   */
  load(name?: string): Promise<ModelRow>;
  /**
   * Answers a question about an image.
   * @throws {CamError | Problem} when it fails.
   */
  explain(question: Question, signal: AbortSignal): Promise<Content>;
  close(): Promise<void>;
}

/** Models that run in this thread. */
export function localModels(given: ModelLoaders, limits: Limits): Models {
  const loaders = new Map(Object.entries(given));
  const names = [...loaders.keys()];
  const loaded = new Map<string, Promise<Explainer>>();
  const get = (name = names[0]): Promise<Explainer> => {
    const known = loaded.get(name);
    if (known) return known;
    const loader = loaders.get(name);
    if (!loader) throw unknownModel(name, names);
    const model = loader();
    loaded.set(name, model);
    model.catch(() => loaded.delete(name));
    return model;
  };
  return {
    names,
    load: async (name) => modelRow(await get(name)),
    explain: async (question, signal) => explain(await get(question.query.model), question, limits, signal),
    async close() {
      const open = [...loaded.values()];
      loaded.clear();
      await Promise.allSettled(open.map(async (model) => (await model).close()));
    },
  };
}

/** The error for a name that is none of `names`. */
export const unknownModel = (name: string, names: readonly string[]): Problem =>
  new Problem('NOT_FOUND', `Unknown model "${name}". Known: ${names.join(', ')}.`);

/** Why a model cannot be loaded, for clients: without the library's message, which contains the file's path. */
export const hidingPaths = (name: string, error: unknown): unknown =>
  error instanceof CamError
    ? new Problem(
        'BAD_MODEL',
        `The model "${name}" cannot be loaded on this server. Ask for another model.`,
        { cause: error },
      )
    : error;

const modelRow = ({ info, labels, threads, warnings }: Explainer): ModelRow => {
  const { inputs, outputs, opset, preprocessing, preprocessingSources } = info;
  return {
    inputs,
    outputs,
    opset,
    preprocessing,
    preprocessingSources,
    labels,
    threads: threads.count,
    warnings,
  };
};

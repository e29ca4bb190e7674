import { CamError } from '../errors.ts';
import type { Explainer } from '../explain/explainer.ts';
import { ownValue } from '../table.ts';
import { Problem } from './problem.ts';

/** Loaders of the models, by name in the query; the first one is the default. */
export type ModelLoaders = Readonly<Record<string, () => Promise<Explainer>>>;

/** The models of a server, each loaded once, on first use. */
export interface Models {
  readonly names: readonly string[];
  /**
   * @throws {Problem} NOT_FOUND for an unknown name.
   * @throws {Problem} BAD_MODEL when it cannot be loaded; the next request tries again.
   */
  get(name?: string): Promise<Explainer>;
  close(): Promise<void>;
}

export function modelsOf(loaders: ModelLoaders): Models {
  const names = Object.keys(loaders);
  const loaded = new Map<string, Promise<Explainer>>();
  return {
    names,
    async get(name = names[0]) {
      const loader = ownValue(loaders, name);
      if (loader === undefined) {
        throw new Problem('NOT_FOUND', `Unknown model "${name}". Known: ${names.join(', ')}.`);
      }
      let model = loaded.get(name);
      if (!model) {
        loaded.set(name, (model = load(name, loader)));
        model.catch(() => loaded.delete(name));
      }
      return model;
    },
    async close() {
      const open = [...loaded.values()];
      loaded.clear();
      await Promise.allSettled(open.map(async (model) => (await model).close()));
    },
  };
}

/** Hides the library's message, which contains the file's path. */
async function load(name: string, loader: () => Promise<Explainer>): Promise<Explainer> {
  try {
    return await loader();
  } catch (cause) {
    if (!(cause instanceof CamError)) throw cause;
    throw new Problem(
      'BAD_MODEL',
      `The model "${name}" cannot be loaded on this server. Ask for another model.`,
    );
  }
}

/** A model's row in GET /models. */
export const describe = ({ info, labels, threads }: Explainer): object => {
  const { inputs, outputs, opset, preprocessing, preprocessingSources } = info;
  return { inputs, outputs, opset, preprocessing, preprocessingSources, labels, threads: threads.count };
};

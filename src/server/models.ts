import type { Explainer } from '../explainer.ts';
import { Problem } from './problem.ts';

/** How to load each model that is served, by its name in the query; the first one is the default. */
export type ModelLoaders = Readonly<Record<string, () => Promise<Explainer>>>;

/** The models of a server, each loaded when it is first asked for, and once. */
export interface Models {
  readonly names: readonly string[];
  /** @throws Problem NOT_FOUND, or what the loader throws; then the next request tries again. */
  get(name?: string): Promise<Explainer>;
  close(): Promise<void>;
}

export function modelsOf(loaders: ModelLoaders): Models {
  const names = Object.keys(loaders);
  const loaded = new Map<string, Promise<Explainer>>();
  return {
    names,
    async get(name = names[0]) {
      if (!Object.hasOwn(loaders, name)) {
        throw new Problem('NOT_FOUND', `There is no model "${name}". Known: ${names.join(', ')}.`);
      }
      let model = loaded.get(name);
      if (!model) {
        loaded.set(name, (model = loaders[name]()));
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

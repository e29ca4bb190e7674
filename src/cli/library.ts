import type { Explainer, LoadOptions } from '../index.ts';
import type { Inspection, InspectOptions } from '../explain/inspect.ts';

/** A loaded model, as far as the command line uses it. */
export type LoadedModel = Pick<
  Explainer,
  'labels' | 'files' | 'warnings' | 'threads' | 'info' | 'explainAll' | 'close'
>;

/** The part of camwasm that runs models; tests pass another. */
export interface Library {
  readonly load: (model: string | undefined, options: LoadOptions) => Promise<LoadedModel>;
  readonly inspect: (model: string | undefined, options: InspectOptions) => Promise<Inspection>;
}

export async function loadLibrary(): Promise<Library> {
  const { Explainer, inspect } = await import('../index.ts');
  return { load: (model, options) => Explainer.load(model, options), inspect };
}

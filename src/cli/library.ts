import type {
  DownloadOptions,
  Explainer,
  FoundModel,
  ImageInput,
  Inspection,
  InspectOptions,
  ListedModel,
  LoadOptions,
  Verification,
  VerifyOptions,
} from '../index.ts';

/** The part of an explainer used by the command line. */
export type CliModel = Pick<
  Explainer,
  'labels' | 'files' | 'warnings' | 'threads' | 'info' | 'explainAll' | 'close'
>;

/** The part of camwasm that runs models; replaced in tests. */
export interface Library {
  /** @param quick whether one thread is enough, unless the options say how many. */
  readonly load: (model: string | undefined, options: LoadOptions, quick?: boolean) => Promise<CliModel>;
  readonly inspect: (model: string | undefined, options: InspectOptions) => Promise<Inspection>;
  readonly verify: (
    model: string | undefined,
    image: ImageInput | undefined,
    options: VerifyOptions,
  ) => Promise<Verification>;
  readonly find: (name: string, options: DownloadOptions) => Promise<FoundModel>;
  readonly download: (name: string, options: DownloadOptions) => Promise<FoundModel>;
  readonly list: (options: DownloadOptions) => Promise<ListedModel[]>;
  readonly remove: (name: string, options: DownloadOptions) => Promise<number>;
}

export async function loadLibrary(): Promise<Library> {
  const { Explainer, inspect, verifyGradients, findModel, downloadModel, listModels, removeModel } =
    await import('../index.ts');
  return {
    load: (model, options, quick) => Explainer.load(model, quick ? { threads: 1, ...options } : options),
    inspect,
    verify: verifyGradients,
    find: findModel,
    download: downloadModel,
    list: listModels,
    remove: removeModel,
  };
}

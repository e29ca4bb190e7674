import type {
  Explainer,
  ImageInput,
  Inspection,
  InspectOptions,
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
  readonly load: (model: string | undefined, options: LoadOptions) => Promise<CliModel>;
  readonly inspect: (model: string | undefined, options: InspectOptions) => Promise<Inspection>;
  readonly verify: (
    model: string | undefined,
    image: ImageInput | undefined,
    options: VerifyOptions,
  ) => Promise<Verification>;
}

export async function loadLibrary(): Promise<Library> {
  const { Explainer, inspect, verifyGradients } = await import('../index.ts');
  return { load: (model, options) => Explainer.load(model, options), inspect, verify: verifyGradients };
}

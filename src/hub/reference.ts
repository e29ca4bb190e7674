import { badOption, didYouMean } from '../errors.ts';
import { builtinModel } from '../models/builtin.ts';
import { KNOWN_MODELS, type KnownModel } from './known-models.ts';

/** A model that is not named by its path: the built-in one, one of the table, a repository of the Hugging Face Hub, or an address. */
export type Reference =
  | { readonly kind: 'builtin'; readonly text: string }
  | { readonly kind: 'known'; readonly text: string; readonly model: KnownModel }
  | {
      readonly kind: 'hub';
      readonly text: string;
      readonly repository: string;
      readonly revision: string;
      /** A file of the repository, or a variant such as `fp16`; undefined for its usual file. */
      readonly file: string | undefined;
    }
  | { readonly kind: 'address'; readonly text: string; readonly url: URL };

/** Parts of `hf:owner/name[@revision][:file]`; a name has neither "--" nor "..". */
const HUB = /^hf:([\w.-]+\/[\w.-]+)(?:@([\w./-]+))?(?::([\w./+-]+))?$/;

/** The page or the address of a file in a repository. */
const HUB_PAGE =
  /^https:\/\/(?:www\.)?(?:huggingface\.co|hf\.co)\/([\w.-]+\/[\w.-]+)\/(?:blob|resolve)\/([^/?#]+)\/([^?#]+\.onnx)(?:[?#].*)?$/;

/** The name of the built-in model, that of its file; undefined where the runtime has no files of the package. */
export function builtinName(): string | undefined {
  try {
    return builtinModel()
      .model.pathname.split('/')
      .at(-1)!
      .replace(/\.onnx$/, '');
  } catch {
    return undefined;
  }
}

/**
 * Reads the name of a model; undefined for paths.
 * @throws {CamError} BAD_OPTION for a malformed `hf:` name or address.
 */
export function parseReference(text: string): Reference | undefined {
  if (text === builtinName()) return { kind: 'builtin', text };
  if (Object.hasOwn(KNOWN_MODELS, text))
    return { kind: 'known', text, model: KNOWN_MODELS[text as keyof typeof KNOWN_MODELS] };
  if (text.startsWith('hf:')) {
    const [, repository, revision = 'main', file] = HUB.exec(text) ?? [];
    const steps = [repository, revision, file].flatMap((part) => part?.split('/') ?? []);
    if (repository !== undefined && steps.every((step) => !/^\.*$/.test(step)))
      return { kind: 'hub', text, repository, revision, file };
    throw badOption(
      'model',
      `"${text}" is not a model of the Hugging Face Hub. Write hf:owner/name, and if needed a revision and a file: hf:owner/name@main:onnx/model.onnx.`,
    );
  }
  if (!/^https?:\/\//i.test(text)) return undefined;
  const page = HUB_PAGE.exec(text);
  if (page) {
    const [, repository, revision, file] = page.map((part) => decodeURIComponent(part));
    return { kind: 'hub', text, repository, revision, file };
  }
  if (!URL.canParse(text)) throw badOption('model', `"${text}" is not an address. Check it.`);
  return { kind: 'address', text, url: new URL(text) };
}

/** A model that is downloaded. */
export type RemoteReference = Exclude<Reference, { kind: 'builtin' }>;

/**
 * Whether a text names a model in another way than by its path: `mobilenetv2`, `hf:owner/name`, `https://…`.
 *
 * @example
 * isModelName('hf:Xenova/yolos-tiny'); // true
 * @throws {CamError} BAD_OPTION for a malformed `hf:` name or address.
 */
export const isModelName = (text: string): boolean => parseReference(text) !== undefined;

/**
 * Reads the name of a model.
 * @throws {CamError} BAD_OPTION for anything else, with the nearest names.
 */
export function requireReference(text: string): Reference {
  const reference = parseReference(text);
  if (reference) return reference;
  const names = Object.keys(KNOWN_MODELS);
  throw badOption(
    'model',
    `"${text}" is not the name of a known model.${didYouMean(text, names) || ` Known: ${names.join(', ')}.`} Others are named hf:owner/name or by their address.`,
  );
}

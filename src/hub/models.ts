import { CamError } from '../errors.ts';
import { builtinModel } from '../models/builtin.ts';
import { labelsOfConfig } from '../models/labels.ts';
import { type FileStore, fileStore } from '../platform/file-store.ts';
import { filePath, readFile } from '../platform/files.ts';
import { entryBytes, modelFolder, storedEntries, storedEntry, type StoredModel } from './entry.ts';
import { KNOWN_MODELS, type KnownModel, type KnownModelName } from './known-models.ts';
import { type DownloadOptions, hubOf, isOffline } from './options.ts';
import { pull } from './pull.ts';
import { builtinName, requireReference } from './reference.ts';
import { locate } from './remote.ts';
import { WEB } from './web.ts';

/** What is known of a model before it is loaded. */
export interface FoundModel {
  readonly name: string;
  /** Whether it is here, complete. */
  readonly here: boolean;
  /** Path of its file; undefined if it is not here, or not a file on disk. */
  readonly path: string | undefined;
  /** Bytes on disk, or to be downloaded; undefined if the host does not tell. */
  readonly bytes: number | undefined;
  /** The address it comes from; undefined for the built-in model. */
  readonly origin: string | undefined;
  /** Where downloaded models are kept: a folder, or a description. */
  readonly destination: string;
}

/**
 * Looks a model up by name: whether it is here, or else its size and origin. Asks the host about a model that is not
 * here and not in `KNOWN_MODELS`.
 *
 * @example
 * const { here, bytes } = await findModel('mobilenetv2');
 * @throws {CamError} BAD_OPTION for an unknown name.
 * @throws {CamError} DOWNLOAD when the host has no such model.
 */
export async function findModel(name: string, options: DownloadOptions = {}): Promise<FoundModel> {
  const reference = requireReference(name);
  const store = await fileStore(options.cacheFolder);
  const destination = store.title;
  if (reference.kind === 'builtin') return { ...(await builtinRow()), name, here: true, destination };
  const entry = await storedEntry(store, reference);
  if (entry) return { ...foundRow(store, entry), destination };
  const missing = { name, here: false, path: undefined, destination };
  if (isOffline(options) && reference.kind !== 'known')
    return { ...missing, bytes: undefined, origin: undefined };
  const { model, beside } = await locate(reference, { hub: hubOf(options), signal: options.signal }, WEB);
  const sizes = [model, ...beside].map(({ bytes }) => bytes);
  const bytes = sizes.every((size) => size !== undefined)
    ? sizes.reduce((sum, size) => sum + size, 0)
    : undefined;
  return { ...missing, bytes, origin: String(model.url) };
}

const foundRow = (store: FileStore, entry: StoredModel): Omit<FoundModel, 'destination'> => ({
  name: entry.reference,
  here: true,
  path: store.pathOf(`${entry.folder}/${entry.files[0].path}`),
  bytes: entryBytes(entry),
  origin: entry.origin,
});

/**
 * Downloads a model by name, so that it can be loaded offline; of a branch or an address, the newest version.
 *
 * @example
 * const { path } = await downloadModel('hf:onnx-community/mobilenet_v2_1.0_224');
 * @throws {CamError} BAD_OPTION for an unknown name.
 * @throws {CamError} DOWNLOAD, BAD_CHECKSUM, NOT_DOWNLOADED, OUTPUT or ABORTED when it cannot be downloaded.
 */
export async function downloadModel(name: string, options: DownloadOptions = {}): Promise<FoundModel> {
  const reference = requireReference(name);
  if (reference.kind === 'builtin') return findModel(name, options);
  const store = await fileStore(options.cacheFolder);
  return { ...foundRow(store, await pull(reference, store, options)), destination: store.title };
}

/**
 * Removes a downloaded model, with what is left of interrupted downloads. The number of bytes that it had; 0 if it was
 * not here.
 *
 * @example
 * await removeModel('mobilenetv2');
 * @throws {CamError} BAD_OPTION for an unknown name, and for the built-in model.
 */
export async function removeModel(name: string, options: DownloadOptions = {}): Promise<number> {
  const reference = requireReference(name);
  if (reference.kind === 'builtin')
    throw new CamError('BAD_OPTION', 'The built-in model is a part of the package. It cannot be removed.');
  const store = await fileStore(options.cacheFolder);
  const entry = await storedEntry(store, reference);
  if (entry) await Promise.all(entry.files.map(({ path }) => store.remove(`${entry.folder}/${path}`)));
  await store.remove(modelFolder(reference));
  return entry ? entryBytes(entry) : 0;
}

/** A model in the list of models. */
export interface ListedModel extends Omit<FoundModel, 'destination'> {
  /** `other` models were downloaded by their `hf:` name or address. */
  readonly kind: 'builtin' | 'known' | 'other';
  /** What is known of it from the table. */
  readonly known: KnownModel | undefined;
  /** Number of classes, if it is known. */
  readonly classes: number | undefined;
}

/**
 * Lists the built-in model, the known models, and all others that are here. Uses no network.
 *
 * @example
 * const here = (await listModels()).filter((model) => model.here);
 */
export async function listModels(options: Pick<DownloadOptions, 'cacheFolder'> = {}): Promise<ListedModel[]> {
  const store = await fileStore(options.cacheFolder);
  const names = Object.keys(KNOWN_MODELS) as KnownModelName[];
  const known = await Promise.all(
    names.map(async (name): Promise<ListedModel> => {
      const model = KNOWN_MODELS[name];
      const entry = await storedEntry(store, { kind: 'known', text: name, model });
      const missing = { name, here: false, path: undefined, bytes: model.bytes };
      const origin = `https://huggingface.co/${model.repository}`;
      const row = entry ? foundRow(store, entry) : { ...missing, origin };
      return { ...row, kind: 'known', known: model, classes: model.classes };
    }),
  );
  const others = (await storedEntries(store))
    .filter(({ reference }) => !Object.hasOwn(KNOWN_MODELS, reference))
    .map(
      (entry) =>
        ({ ...foundRow(store, entry), kind: 'other', known: undefined, classes: undefined }) as const,
    );
  const name = builtinName();
  const builtin =
    name === undefined ? [] : [{ ...(await builtinRow()), name, here: true, kind: 'builtin' as const }];
  return [...builtin.map((row) => ({ ...row, known: undefined })), ...known, ...others];
}

async function builtinRow(): Promise<Pick<ListedModel, 'path' | 'bytes' | 'origin' | 'classes'>> {
  const { model, config } = builtinModel();
  const [bytes, json] = await Promise.all([readFile(model), readFile(config)]);
  return {
    path: filePath(model),
    bytes: bytes.length,
    origin: undefined,
    classes: labelsOfConfig(new TextDecoder().decode(json))?.length,
  };
}

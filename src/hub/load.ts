import { CamError } from '../errors.ts';
import { builtinModel } from '../models/builtin.ts';
import { PRESETS } from '../models/presets.ts';
import { loadModel, type ModelFiles, type ModelInput, type ModelSource } from '../models/source.ts';
import { type FileStore, fileStore, memoryStore } from '../platform/file-store.ts';
import { runtime } from '../platform/runtime.ts';
import { storedEntry, type StoredModel } from './entry.ts';
import { imagenetLabels } from './imagenet.ts';
import { type DownloadOptions, hubOf, isOffline } from './options.ts';
import { pull } from './pull.ts';
import { parseReference, type RemoteReference } from './reference.ts';
import { remoteVersion } from './remote.ts';
import { WEB } from './web.ts';

/**
 * Loads a model by its name, path or address, from bytes, or the built-in one. A name is downloaded unless it is here.
 * @throws {CamError} the codes of `loadModel`, and NOT_DOWNLOADED, DOWNLOAD, BAD_CHECKSUM, ABORTED or OUTPUT.
 */
export async function loadSource(
  model: ModelInput | undefined,
  options: ModelFiles & DownloadOptions,
): Promise<ModelSource> {
  const reference = model === undefined ? undefined : referenceOf(model);
  if (model === undefined || reference?.kind === 'builtin') return loadModel(builtinModel(), options);
  if (!reference) return loadModel(model, options);
  const store = await fileStore(options.cacheFolder);
  try {
    return await loadFrom(store, reference, options);
  } catch (error) {
    // An address needs no place to be kept in.
    if (reference.kind !== 'address' || !(error instanceof CamError) || error.code !== 'OUTPUT') throw error;
    return loadFrom(memoryStore(), reference, options);
  }
}

/** The name in what a caller passes; undefined for paths and bytes, and for addresses in browsers, which keep them. */
function referenceOf(model: ModelInput): ReturnType<typeof parseReference> {
  const place =
    typeof model === 'object' && 'file' in model && !(model instanceof Blob)
      ? (model as { file: unknown }).file
      : model;
  if (typeof place !== 'string' && !(place instanceof URL)) return undefined;
  const reference = parseReference(String(place));
  return reference?.kind === 'address' && runtime() === 'browser' ? undefined : reference;
}

async function loadFrom(
  store: FileStore,
  reference: RemoteReference,
  options: ModelFiles & DownloadOptions,
): Promise<ModelSource> {
  const entry = (await usable(store, reference, options)) ?? (await pull(reference, store, options));
  const source = await readStored(store, entry, options);
  if (reference.kind !== 'known') return source;
  const { preset, preprocessing, labels } = reference.model;
  return {
    ...source,
    labels: source.labels ?? (labels === 'imagenet' ? await imagenetLabels() : labels),
    found: source.found ?? {
      from: 'preset',
      settings: { ...PRESETS[preset].preprocessing, ...preprocessing },
    },
  };
}

/** The model that is here; of an address, only if the server has no other version. */
async function usable(
  store: FileStore,
  reference: RemoteReference,
  options: DownloadOptions,
): Promise<StoredModel | undefined> {
  const entry = await storedEntry(store, reference);
  if (!entry || reference.kind !== 'address' || isOffline(options)) return entry;
  const head = await remoteVersion(reference.url, { hub: hubOf(options), signal: options.signal }, WEB).catch(
    (error: unknown) => {
      if (error instanceof CamError && error.code === 'DOWNLOAD') return undefined; // out of reach: better than nothing
      throw error;
    },
  );
  return head?.version !== undefined && head.version !== entry.version ? undefined : entry;
}

/** Reads a downloaded model: from disk by its path, which finds the settings beside it; else from its bytes. */
async function readStored(
  store: FileStore,
  { folder, files }: StoredModel,
  given: ModelFiles,
): Promise<ModelSource> {
  const [{ path: model }] = files;
  const path = store.pathOf(`${folder}/${model}`);
  if (path !== undefined) return loadModel(path, given);
  const bytesOf = ({ path }: { path: string }) => store.read(`${folder}/${path}`);
  const json = async (name: string): Promise<object | undefined> => {
    const file = files.find(({ path }) => path.split('/').at(-1) === name);
    return file && (JSON.parse(new TextDecoder().decode(await bytesOf(file))) as object);
  };
  const weights = files.slice(1).filter(({ path }) => !path.endsWith('.json'));
  const from = model.lastIndexOf('/') + 1;
  return loadModel(await bytesOf(files[0]), {
    config: given.config ?? (await json('config.json')),
    preprocessor: given.preprocessor ?? (await json('preprocessor_config.json')),
    external:
      given.external ??
      (await Promise.all(
        weights.map(async (file) => ({ path: file.path.slice(from), data: await bytesOf(file) })),
      )),
  });
}

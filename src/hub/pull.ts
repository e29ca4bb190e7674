import { CamError } from '../errors.ts';
import { requireOnnx } from '../models/foreign-formats.ts';
import { weightsFile } from '../models/source.ts';
import { readModel } from '../onnx/read.ts';
import type { FileStore } from '../platform/file-store.ts';
import { type EntryFile, modelFolder, storedEntry, type StoredModel, writeEntry } from './entry.ts';
import { type DownloadOptions, type Hub, hubOf, isOffline } from './options.ts';
import type { RemoteReference } from './reference.ts';
import { locate, type PlacedFile, type RemoteModel } from './remote.ts';
import { transfer } from './transfer.ts';
import { WEB, type Web, withoutQuery } from './web.ts';

/**
 * Downloads a model with its settings and weights, unless the newest version is here. The model is here once all of its
 * files are.
 * @throws {CamError} NOT_DOWNLOADED when the network may not be used.
 * @throws {CamError} DOWNLOAD, BAD_CHECKSUM or ABORTED as in `transfer`.
 * @throws {CamError} BAD_MODEL when the file is not a model.
 * @throws {CamError} OUTPUT when the store cannot be written.
 */
export async function pull(
  reference: RemoteReference,
  store: FileStore,
  options: DownloadOptions,
  web: Web = WEB,
): Promise<StoredModel> {
  if (isOffline(options)) {
    throw new CamError(
      'NOT_DOWNLOADED',
      `The model "${reference.text}" is not in ${store.title}, and \`offline\` or HF_HUB_OFFLINE forbids to download it. Download it while online, or pass the path of a model.`,
      { option: 'offline' },
    );
  }
  const hub = hubOf(options);
  const remote = await locate(reference, { hub, signal: options.signal }, web);
  const present = await storedEntry(store, reference);
  if (present && present.version !== undefined && present.version === remote.version) return present;
  try {
    return await download({ reference, remote, store, hub, options, web });
  } catch (cause) {
    if (cause instanceof CamError) throw cause;
    throw new CamError(
      'OUTPUT',
      `Cannot write to ${store.title}: ${(cause as Error).message}. Choose another folder with CAMWASM_CACHE or \`cacheFolder\`.`,
      { cause, option: 'cacheFolder' },
    );
  }
}

interface Pulling {
  readonly reference: RemoteReference;
  readonly remote: RemoteModel;
  readonly store: FileStore;
  readonly hub: Hub;
  readonly options: DownloadOptions;
  readonly web: Web;
}

async function download(pulling: Pulling): Promise<StoredModel> {
  const { reference, remote, store } = pulling;
  const { model, beside, version } = remote;
  const folder = `${modelFolder(reference)}/${(version ?? crypto.randomUUID()).replace(/[^\w-]+/g, '').slice(0, 40) || 'file'}`;
  const fetched = fetcher(pulling, folder, [model, ...beside]);
  const files: EntryFile[] = [await fetched(model)];
  for (const file of beside) files.push(await fetched(file));
  for (const location of await weightFiles(pulling, folder)) {
    const file = remote.external(location);
    if (!files.some(({ path }) => path === file.path)) files.push(await fetched(file));
  }
  const entry: StoredModel = {
    reference: reference.text,
    origin: withoutQuery(model.url),
    version,
    folder,
    files,
  };
  await writeEntry(store, reference, entry);
  return entry;
}

/** Downloads the files of a model one by one, and reports their progress together. */
function fetcher(
  { reference, store, hub, options, web }: Pulling,
  folder: string,
  known: readonly PlacedFile[],
): (file: PlacedFile) => Promise<EntryFile> {
  const sizes = new Map(known.map(({ path, bytes }) => [path, bytes]));
  let before = 0;
  return async (file) => {
    const onBytes = (done: number, size: number | undefined) => {
      sizes.set(file.path, size);
      const total = [...sizes.values()].reduce<number | undefined>(
        (sum, bytes) => (sum === undefined || bytes === undefined ? undefined : sum + bytes),
        0,
      );
      options.onDownload?.({ model: reference.text, done: before + done, total });
    };
    const draft = await store.draft(`${folder}/${file.path}`);
    const { bytes, sha256 } = await transfer(file, draft, { hub, signal: options.signal, onBytes }, web);
    before += bytes;
    return { path: file.path, bytes, sha256 };
  };
}

/**
 * The external data files of a model that has been downloaded; a file that is not a model is removed. Those with a
 * known checksum have none.
 */
async function weightFiles(
  { reference, remote, store }: Pulling,
  folder: string,
): Promise<readonly string[]> {
  if (reference.kind === 'known') return [];
  try {
    const bytes = await store.read(`${folder}/${remote.model.path}`);
    requireOnnx(bytes, withoutQuery(remote.model.url));
    const locations = readModel(bytes).externalFiles;
    for (const location of locations) weightsFile(remote.model.url, location);
    return locations.map((location) => location.replaceAll('\\', '/').replace(/^(\.\/)+/, ''));
  } catch (error) {
    await store.remove(folder);
    throw error;
  }
}

import { CamError } from '../errors.ts';
import type { DownloadOptions, Hub } from './options.ts';
import type { RemoteReference } from './reference.ts';
import { refused, RefusedError } from './refusals.ts';
import { type RemoteFile, validatorsOf } from './transfer.ts';
import { persistently, request, type Web, withoutQuery } from './web.ts';

/** A file of a model, with its path relative to the model's folder. */
export interface PlacedFile extends RemoteFile {
  readonly path: string;
}

/** A model at a host, before it is downloaded. */
export interface RemoteModel {
  /** What the host calls this version: a commit, a checksum, an ETag; undefined if it does not tell. */
  readonly version: string | undefined;
  readonly model: PlacedFile;
  /** Settings and weights that the host has beside it. */
  readonly beside: readonly PlacedFile[];
  /** Where an external data file of the model is. */
  readonly external: (location: string) => PlacedFile;
}

/** The settings of the Hugging Face layout. */
export const SETTINGS = ['config.json', 'preprocessor_config.json'] as const;

type HostOptions = Pick<DownloadOptions, 'signal'> & { readonly hub: Hub };

/**
 * Asks the host for a model's files and sizes; of known models everything is known.
 * @throws {CamError} DOWNLOAD when the host cannot be reached or has no such model.
 */
export async function locate(
  reference: RemoteReference,
  asking: HostOptions,
  web: Web,
): Promise<RemoteModel> {
  if (reference.kind === 'known') {
    const { repository, file, bytes, sha256 } = reference.model;
    const at = repositoryFiles(asking.hub, repository, 'main');
    return { version: sha256, model: { ...at(file), bytes, sha256 }, beside: [], external: at };
  }
  return reference.kind === 'hub'
    ? inRepository(reference, asking, web)
    : atAddress(reference.url, asking, web);
}

/** Addresses of the files in a repository. */
function repositoryFiles(
  { endpoint }: Hub,
  repository: string,
  revision: string,
): (path: string) => PlacedFile {
  // The revision of a pull request, refs/pr/1, is one step of the path.
  const base = `${repository}/resolve/${encodeURIComponent(revision)}/`;
  return (path) => ({
    path,
    url: new URL(`${base}${path.split('/').map(encodeURIComponent).join('/')}`, endpoint),
  });
}

type HubReference = Extract<RemoteReference, { kind: 'hub' }>;

async function inRepository(reference: HubReference, asking: HostOptions, web: Web): Promise<RemoteModel> {
  const { repository, revision } = reference;
  const at = repositoryFiles(asking.hub, repository, revision);
  const wanted = candidates(reference);
  for (const path of wanted) {
    const found = await describeFile(at(path), asking, web);
    if (!found) continue;
    // From here on, the files of one commit, whatever happens to the branch.
    const pinned = repositoryFiles(asking.hub, repository, found.commit ?? revision);
    const folder = path.slice(0, path.lastIndexOf('/') + 1);
    const settingsFolder = folder.replace(/(^|\/)onnx\/$/, '$1');
    const names = [...SETTINGS.map((name) => settingsFolder + name), `${path}_data`];
    const beside = await Promise.all(names.map((name) => describeFile(pinned(name), asking, web)));
    return {
      version: found.commit,
      model: { ...found.file, url: pinned(path).url },
      beside: beside.flatMap((one) => one?.file ?? []),
      external: (location) => pinned(folder + location),
    };
  }
  throw new CamError(
    'DOWNLOAD',
    `${repository} has none of these files: ${wanted.map((path) => withoutQuery(at(path).url)).join(', ')}. Name another: hf:${repository}:onnx/model.onnx.`,
  );
}

/** Files to look for: the one that is named, a variant as transformers.js names it, or the usual ones. */
function candidates({ repository, file }: HubReference): string[] {
  if (file === undefined) return ['onnx/model.onnx', 'model.onnx', `${repository.split('/')[1]}.onnx`];
  if (/\.onnx$/i.test(file)) return [file];
  return [`onnx/model_${file}.onnx`, `model_${file}.onnx`];
}

interface Described {
  readonly file: PlacedFile;
  readonly commit: string | undefined;
}

/** What the hub says of a file; undefined if the repository has no such file. */
async function describeFile(
  file: PlacedFile,
  { hub, signal }: HostOptions,
  web: Web,
): Promise<Described | undefined> {
  const response = await headersOf(file.url, { hub, signal, stayHere: true }, web);
  const { status, headers } = response;
  if (status === 404 && !/^(Repo|Revision)NotFound$/.test(headers.get('x-error-code') ?? ''))
    return undefined;
  if (status >= 400) throw refused(file.url, response, hub);
  // Large files: the pointer's, before the redirect to another host. Small ones are answered at once.
  const length = headers.get('x-linked-size') ?? (status < 300 ? headers.get('content-length') : null);
  const checksum = bareEtag(headers.get('x-linked-etag'));
  return {
    file: {
      ...file,
      bytes: length === null ? undefined : Number(length),
      sha256: checksum !== undefined && /^[0-9a-f]{64}$/.test(checksum) ? checksum : undefined,
    },
    commit: headers.get('x-repo-commit') ?? undefined,
  };
}

const bareEtag = (etag: string | null): string | undefined => etag?.replace(/^W\//, '').replaceAll('"', '');

/** An address: settings may be beside it or one folder up, weights beside it. */
async function atAddress(url: URL, asking: HostOptions, web: Web): Promise<RemoteModel> {
  const head = await remoteVersion(url, asking, web);
  const name = fileName(url);
  const settings = SETTINGS.flatMap((name) => [
    { path: `onnx/${name}`, url: new URL(name, url) },
    { path: name, url: new URL(`../${name}`, url) },
  ]);
  const found = await Promise.all(
    settings.map(async (file) => ((await exists(file.url, asking, web)) ? file : undefined)),
  );
  return {
    version: head.version,
    model: { path: `onnx/${name}`, url, bytes: head.bytes },
    beside: found.filter((file) => file !== undefined),
    external: (location) => ({ path: `onnx/${location}`, url: new URL(location, url) }),
  };
}

/** The name of the file at an address, as every file system takes it. */
const fileName = ({ pathname }: URL): string =>
  pathname
    .split('/')
    .at(-1)!
    .replace(/[^\w.-]/g, '_') || 'model.onnx';

export interface Head {
  readonly version: string | undefined;
  readonly bytes: number | undefined;
}

/**
 * What a server says of a file before sending it.
 * @throws {CamError} DOWNLOAD when it refuses.
 */
export async function remoteVersion(url: URL, { hub, signal }: HostOptions, web: Web): Promise<Head> {
  const response = await headersOf(url, { hub, signal }, web);
  if (!response.ok) throw refused(url, response, hub);
  const length = response.headers.get('content-length');
  const { etag, modified } = validatorsOf(response);
  const version = etag?.replace(/^W\//, '') ?? modified ?? (length === null ? undefined : `${length} bytes`);
  return { version, bytes: length === null ? undefined : Number(length) };
}

/** Whether there is a file; servers of single-page applications answer everything with their start page. */
async function exists(url: URL, { hub, signal }: HostOptions, web: Web): Promise<boolean> {
  try {
    const response = await headersOf(url, { hub, signal }, web);
    return response.ok && !/^text\/html\b/i.test(response.headers.get('content-type') ?? '');
  } catch (error) {
    if (error instanceof CamError && error.code === 'DOWNLOAD') return false;
    throw error;
  }
}

/** The headers of an answer, by HEAD, or by GET of servers that do not take it. */
async function headersOf(
  url: URL,
  { hub, signal, stayHere = false }: HostOptions & { readonly stayHere?: boolean },
  web: Web,
): Promise<Response> {
  const ask = async (method: 'HEAD' | 'GET'): Promise<Response> => {
    const headers = { 'accept-encoding': 'identity' };
    const response = await request(url, { hub, method, stayHere, headers, signal }, web);
    await response.body?.cancel();
    if (response.status === 429 || response.status >= 500) throw refused(url, response, hub);
    return response;
  };
  return persistently(
    async () => {
      const response = await ask('HEAD').catch((error: unknown) => {
        if (error instanceof RefusedError && error.status === 501) return undefined;
        throw error;
      });
      return response === undefined || response.status === 405 ? ask('GET') : response;
    },
    { signal },
    web,
  );
}

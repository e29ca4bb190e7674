import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type FoundModel, isModelName, KNOWN_MODELS, type LoadOptions } from '../index.ts';
import { CamError, didYouMean, type Given } from '../options/index.ts';
import type { IO } from './io.ts';
import type { Library } from './library.ts';
import { megabytes } from './progress.ts';
import type { Terminal } from './terminal.ts';

interface ModelContext {
  readonly io: IO;
  readonly settings: Given;
  readonly library: Library;
  readonly out: Terminal;
}

/** A model for the library: a path or a name, and options for what may have to be downloaded. */
interface ModelToLoad {
  readonly model: string | undefined;
  readonly options: DownloadSettings;
}

/**
 * The model of a command line, for the library: an absolute path, or a name. A named model that is not here is
 * downloaded: on a terminal at once, since it was named; elsewhere with --download.
 * @throws {CamError} BAD_MODEL when there is neither a file nor a known model of that name.
 * @throws {CamError} NOT_DOWNLOADED when it is not here and may not be downloaded; otherwise as in `downloadModel`.
 */
export async function modelArgument(given: string | undefined, asking: ModelContext): Promise<ModelToLoad> {
  if (given === undefined) return { model: undefined, options: {} };
  const { io, settings, library, out } = asking;
  if (!isModelName(given)) return { model: await pathOfModel(given, io), options: {} };
  const options = downloadOptionsOf(settings, io, out);
  const found = await library.find(given, options);
  if (found.here) return { model: given, options };
  if (settings.offline || !(settings.download || io.stderr.isTTY)) throw notHere(found, settings);
  await out.note(`downloading ${modelText(found)} to ${found.destination}`);
  await library.download(given, options);
  await out.progress.clear();
  return { model: given, options };
}

type DownloadSettings = Pick<LoadOptions, 'offline' | 'signal' | 'onDownload'>;

/** Options for downloads, with the progress bar. */
export const downloadOptionsOf = ({ offline }: Given, io: IO, out: Terminal): DownloadSettings => ({
  ...(offline && { offline }),
  signal: io.signal,
  onDownload: out.progress.download,
});

async function pathOfModel(given: string, io: IO): Promise<string> {
  const path = resolve(io.cwd, given);
  const isWord = /^[\w-]+$/.test(given);
  if (!isWord || (await stat(path).catch(() => undefined))) return path;
  throw new CamError(
    'BAD_MODEL',
    `There is no file "${given}", and no known model of that name.${didYouMean(given, Object.keys(KNOWN_MODELS))} \`camwasm models\` lists them.`,
  );
}

const modelText = ({ name, bytes, origin }: FoundModel): string =>
  [name, bytes !== undefined && `(${megabytes(bytes)})`, origin !== undefined && `from ${origin}`]
    .filter(Boolean)
    .join(' ');

function notHere(found: FoundModel, { offline }: Given): CamError {
  const next = offline
    ? `Run \`camwasm models pull ${found.name}\` while online.`
    : `Pass --download to download it to ${found.destination}, or run \`camwasm models pull ${found.name}\` once.`;
  return new CamError('NOT_DOWNLOADED', `The model is not here: ${modelText(found)}. ${next}`);
}

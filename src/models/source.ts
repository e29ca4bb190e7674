import { CamError } from '../errors.ts';
import { readPreprocessorConfig } from '../image/preprocessor-config.ts';
import type { Preprocessing } from '../image/preprocess.ts';
import { readFile, readFileWithRoom } from '../platform/files.ts';
import { readModel } from '../onnx/read.ts';
import type { Model } from '../onnx/model.ts';

/** A model with what lies beside it. */
export interface ModelSource {
  readonly model: Model;
  readonly external: readonly { path: string; data: Uint8Array }[];
  readonly labels: readonly string[] | undefined;
  readonly preprocessing: Partial<Preprocessing>;
}

/** What belongs to a model, for one that comes without a place to look beside. */
export interface ModelFiles {
  /** Files that hold the model's external weights, by the path that the model gives. Read from beside a model path. */
  external?: readonly { path: string; data: Uint8Array }[];
  /** The contents of a Hugging Face export's `config.json`, which names the classes. Found beside a model path. */
  config?: object;
  /** The contents of its `preprocessor_config.json`. Found beside a model path. */
  preprocessor?: object;
}

/** Where a model and its settings lie, when they are known and need not be looked for. */
export interface ModelPlace {
  readonly model: URL;
  readonly config: URL;
  readonly preprocessor: URL;
}

/**
 * Reads a model from its bytes or its place. Beside a place, and one folder up, the files of a Hugging Face export are
 * used where they are: `config.json` (id2label) and `preprocessor_config.json`.
 * @throws CamError BAD_MODEL when there is no such file, it is no model, or weights that it names are missing.
 */
export async function loadModel(
  source: string | URL | Uint8Array | ArrayBuffer | ModelPlace,
  given: ModelFiles = {},
): Promise<ModelSource> {
  const { external } = given;
  const settings = { config: textual(given.config), preprocessor: textual(given.preprocessor) };
  if (source instanceof Uint8Array || source instanceof ArrayBuffer) {
    const model = readModel(source instanceof Uint8Array ? source : new Uint8Array(source));
    return { model, external: external ?? missing(model), ...settingsOf(settings) };
  }
  const known = typeof source === 'object' && 'model' in source;
  const place = known ? source.model : source;
  const [bytes, config, preprocessor] = await Promise.all([
    read('model', place, () => readFileWithRoom(place, ROOM)),
    settings.config ?? (known ? textOf(source.config) : beside(place, 'config.json')),
    settings.preprocessor ??
      (known ? textOf(source.preprocessor) : beside(place, 'preprocessor_config.json')),
  ]);
  const model = readModel(bytes, ROOM);
  const weights = (path: string) => {
    const file = neighbour(place, path);
    return read('file of weights', file, () => readFile(file));
  };
  return {
    model,
    external:
      external ??
      (await Promise.all(model.externalFiles.map(async (path) => ({ path, data: await weights(path) })))),
    ...settingsOf({ config, preprocessor }),
  };
}

interface Settings {
  readonly config: string | undefined;
  readonly preprocessor: string | undefined;
}

const settingsOf = ({ config, preprocessor }: Settings): Pick<ModelSource, 'labels' | 'preprocessing'> => ({
  labels: config === undefined ? undefined : labelsOf(config),
  preprocessing: preprocessor === undefined ? {} : readPreprocessorConfig(preprocessor),
});

const textual = (json: object | undefined): string | undefined => json && JSON.stringify(json);

/** Room behind a model's bytes for the outputs that are added to it. */
const ROOM = 1 << 20;

async function read(what: string, place: string | URL, get: () => Promise<Uint8Array>): Promise<Uint8Array> {
  try {
    return await get();
  } catch (cause) {
    throw new CamError(
      'BAD_MODEL',
      `The ${what} ${String(place)} cannot be read: ${(cause as Error).message}. Check the path.`,
      { cause },
    );
  }
}

function missing({ externalFiles }: Model): [] {
  if (externalFiles.length === 0) return [];
  throw new CamError(
    'BAD_MODEL',
    `The model keeps weights in other files (${externalFiles.join(', ')}). Load it by its path, or pass them as \`external\`.`,
  );
}

/** The Hugging Face layout has the settings beside the model, or beside its folder `onnx/`. */
async function beside(source: string | URL, name: string): Promise<string | undefined> {
  return (await textOf(neighbour(source, name))) ?? textOf(neighbour(source, `../${name}`));
}

const textOf = async (place: string | URL): Promise<string | undefined> => {
  const bytes = await readFile(place).catch(() => undefined);
  return bytes && new TextDecoder().decode(bytes);
};

const neighbour = (source: string | URL, path: string): string | URL =>
  source instanceof URL ? new URL(path, source) : source.replace(/[^/\\]*$/, path);

/** id2label of a Hugging Face `config.json`, where it names every index from 0 up. */
function labelsOf(json: string): string[] | undefined {
  let id2label: unknown;
  try {
    id2label = (JSON.parse(json) as { id2label?: unknown }).id2label;
  } catch {
    return undefined; // some other tool's config.json
  }
  if (typeof id2label !== 'object' || id2label === null) return undefined;
  const labels = Object.entries(id2label).map(([index, label]) => [Number(index), String(label)] as const);
  const ordered = labels.sort(([a], [b]) => a - b);
  return ordered.every(([index], position) => index === position) ? ordered.map(([, label]) => label) : undefined;
}

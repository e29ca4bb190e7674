import { CamError } from '../errors.ts';
import type { Preprocessing } from '../image/preprocess.ts';
import { readPreprocessorConfig } from '../image/preprocessor-config.ts';
import type { FileSource } from '../image/source.ts';
import type { Model } from '../onnx/model.ts';
import { readModel } from '../onnx/read.ts';
import { readFile, readFileWithRoom } from '../platform/files.ts';
import { labelsOfConfig } from './labels.ts';

/** A model with its weights and settings. */
export interface ModelSource {
  readonly model: Model;
  readonly external: readonly { path: string; data: Uint8Array }[];
  readonly labels: readonly string[] | undefined;
  readonly preprocessing: Partial<Preprocessing>;
  /** The files that were read. */
  readonly files: readonly (string | URL)[];
}

/** Files of a model that was not loaded by its path. */
export interface ModelFiles {
  /** The model's external weights, by the path that the model gives. Found beside a model path. */
  external?: readonly { path: string; data: Uint8Array }[];
  /** The contents of a Hugging Face export's `config.json`, which names the classes. Found beside a model path. */
  config?: object;
  /** The contents of its `preprocessor_config.json`. Found beside a model path. */
  preprocessor?: object;
}

/** A model in any form: a path or URL, a file, a Blob, or bytes. */
export type ModelInput = string | URL | FileSource | Blob | Uint8Array | ArrayBuffer;

/** A model and its settings at known addresses. */
export interface ModelPlace {
  readonly model: URL;
  readonly config: URL;
  readonly preprocessor: URL;
}

/**
 * Reads a model. Beside a path, and one folder up, the files of a Hugging Face export are used: `config.json` (id2label)
 * and `preprocessor_config.json`.
 * @throws {CamError} BAD_MODEL when the file does not exist or is not a model, or when weights that it names are missing or
 *   outside its folder.
 */
export async function loadModel(
  source: ModelInput | ModelPlace,
  given: ModelFiles = {},
): Promise<ModelSource> {
  if (!isModelInput(source)) {
    throw new CamError(
      'BAD_MODEL',
      `${typeof source === 'object' ? 'This object' : `A ${typeof source}`} is not a model. Pass the path or URL of an ONNX file, its bytes, or a Blob.`,
    );
  }
  if (source instanceof Blob) return loadModel(await source.arrayBuffer(), given);
  if (typeof source === 'object' && 'file' in source) return loadModel(source.file, given);
  const { external } = given;
  const settings = { config: settingFrom(given.config), preprocessor: settingFrom(given.preprocessor) };
  if (source instanceof Uint8Array || source instanceof ArrayBuffer) {
    const model = readModel(source instanceof Uint8Array ? source : new Uint8Array(source));
    return { ...withWeights(model, external ?? missing(model)), files: [], ...settingsOf(settings) };
  }
  const known = typeof source === 'object' && 'model' in source;
  const place = known ? source.model : source;
  const [bytes, config, preprocessor] = await Promise.all([
    read('model', place, () => readFileWithRoom(place, ROOM)),
    settings.config ?? (known ? settingIn(source.config) : settingBeside(place, 'config.json')),
    settings.preprocessor ??
      (known ? settingIn(source.preprocessor) : settingBeside(place, 'preprocessor_config.json')),
  ]);
  const model = readModel(bytes, ROOM);
  const weights = external ? [] : model.externalFiles.map((path) => ({ path, file: weightsFile(place, path) }));
  const load = async ({ path, file }: (typeof weights)[number]) => ({
    path,
    data: await read('file of weights', file, () => readFile(file)),
  });
  const beside = [config, preprocessor].flatMap((setting) => setting?.file ?? []);
  return {
    ...withWeights(model, external ?? (await Promise.all(weights.map(load)))),
    files: [place, ...weights.map(({ file }) => file), ...beside],
    ...settingsOf({ config, preprocessor }),
  };
}

/** Whether a caller without types has passed a model. */
function isModelInput(source: unknown): source is ModelInput | ModelPlace {
  if (typeof source === 'string') return source !== '';
  if (typeof source !== 'object' || source === null) return false;
  if (ADDRESSES.some((key) => key in source && isAddress((source as Record<string, unknown>)[key]))) return true;
  return [URL, Blob, Uint8Array, ArrayBuffer].some((kind) => source instanceof kind);
}

const ADDRESSES = ['file', 'model'] as const;
const isAddress = (value: unknown): boolean => typeof value === 'string' || value instanceof URL;

const withWeights = (
  model: Model,
  external: ModelSource['external'],
): Pick<ModelSource, 'model' | 'external'> => ({
  model: { ...model, external: new Map(external.map(({ path, data }) => [path, data])) },
  external,
});

/** A JSON file of a model, and where it was found. */
interface Setting {
  readonly text: string;
  readonly file?: string | URL;
}

interface ModelSettings {
  readonly config: Setting | undefined;
  readonly preprocessor: Setting | undefined;
}

const settingsOf = ({ config, preprocessor }: ModelSettings): Pick<ModelSource, 'labels' | 'preprocessing'> => ({
  labels: config && labelsOfConfig(config.text),
  preprocessing: preprocessor ? readPreprocessorConfig(preprocessor.text) : {},
});

const settingFrom = (json: object | undefined): Setting | undefined => json && { text: JSON.stringify(json) };

/** Room after a model's bytes for added outputs. */
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
async function settingBeside(source: string | URL, name: string): Promise<Setting | undefined> {
  return (await settingIn(neighbor(source, name))) ?? settingIn(neighbor(source, `../${name}`));
}

const settingIn = async (file: string | URL): Promise<Setting | undefined> => {
  const bytes = await readFile(file).catch(() => undefined);
  return bytes && { text: new TextDecoder().decode(bytes), file };
};

/**
 * A file of weights that a model names: relative to it and inside its folder, so that a model from elsewhere opens nothing
 * else (https://onnx.ai/onnx/repo-docs/ExternalData.html).
 */
function weightsFile(source: string | URL, path: string): string | URL {
  let depth = 0;
  // In a URL, %2e is a dot.
  const steps = path.replace(/%2e/gi, '.').split(/[/\\]/).filter((step) => step !== '.' && step !== '');
  const leaves = steps.some((step) => (depth += step === '..' ? -1 : 1) < 0);
  if (!leaves && !/^([/\\]|[a-z][a-z0-9+.-]*:)/i.test(path)) return neighbor(source, path);
  throw new CamError(
    'BAD_MODEL',
    `The model keeps weights in "${path}", which is outside its folder; ONNX only allows files inside. Save it again with the weights beside it, or pass them as \`external\`.`,
  );
}

const neighbor = (source: string | URL, path: string): string | URL =>
  source instanceof URL ? new URL(path, source) : source.replace(/[^/\\]*$/, path);

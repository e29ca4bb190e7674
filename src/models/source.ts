import { CamError, formatValue } from '../errors.ts';
import type { FileSource } from '../image/source.ts';
import { foldWeights } from '../onnx/fold.ts';
import type { Model } from '../onnx/model.ts';
import { readModel } from '../onnx/read.ts';
import { streamed } from '../onnx/streamed.ts';
import { besideFile, folderNames, readFile, readFileWithRoom } from '../platform/files.ts';
import { folderAdvice } from './foreign-folders.ts';
import { requireOnnx } from './foreign-formats.ts';
import { labelsOfConfig } from './labels.ts';
import { readModelConfig, readUnsureBelow } from './model-config.ts';
import type { FoundSettings } from './preprocessing.ts';
import { readPreprocessorConfig } from './preprocessor-config.ts';
import { PRESETS } from './presets.ts';
import { recognizedPreset } from './recognized-preset.ts';
import { ultralyticsMetadata } from './ultralytics.ts';

/** A model with its weights and settings. */
export interface ModelSource {
  readonly model: Model;
  readonly external: readonly { path: string; data: Uint8Array }[];
  readonly labels: readonly string[] | undefined;
  /** Settings of its preprocessing; undefined if there are none. */
  readonly found: FoundSettings | undefined;
  /** The probability below which the best class is a guess; undefined if the model states none. */
  readonly unsureBelow: number | undefined;
  /** The files read. */
  readonly files: readonly (string | URL)[];
}

/** Files of a model that was not loaded by path. */
export interface ModelFiles {
  /** External data files, by their path in the model. Found automatically beside a model path. */
  external?: readonly { path: string; data: Uint8Array }[];
  /**
   * Contents of a Hugging Face `config.json`, with the class names, and timm's preprocessing or a `mode` of Keras.
   * `unsure_below` is the probability below which the best class is a guess. Found automatically beside a model path.
   */
  config?: object;
  /**
   * Contents of a Hugging Face `preprocessor_config.json`, or `{ mode: 'caffe' }` and the like for Keras. Found
   * automatically beside a model path.
   */
  preprocessor?: object;
}

/** A model from any source: a path or URL, a file, a Blob, or bytes. */
export type ModelInput = string | URL | FileSource | Blob | Uint8Array | ArrayBuffer;

/** A model and its settings at known URLs. */
export interface ModelPlace {
  readonly model: URL;
  readonly config: URL;
  readonly preprocessor: URL;
}

/**
 * Reads a model. Beside a path, and one folder up, it also reads files of a Hugging Face export: `config.json`
 * (id2label, timm's pretrained_cfg) and `preprocessor_config.json`.
 * @throws {CamError} BAD_MODEL when the file is missing or not a model, or its external data files are missing or
 * outside its folder.
 */
export async function loadModel(
  source: ModelInput | ModelPlace,
  given: ModelFiles = {},
): Promise<ModelSource> {
  if (!isModelInput(source)) {
    throw new CamError(
      'BAD_MODEL',
      `${formatValue(source)} is not a model. Pass the path or URL of an ONNX file, its bytes, or a Blob.`,
    );
  }
  if (source instanceof Blob) return loadModel(await source.arrayBuffer(), given);
  if (typeof source === 'object' && 'file' in source) return loadModel(source.file, given);
  const { external } = given;
  const settings = { config: settingFrom(given.config), preprocessor: settingFrom(given.preprocessor) };
  if (source instanceof Uint8Array || source instanceof ArrayBuffer) {
    const bytes = source instanceof Uint8Array ? source : new Uint8Array(source);
    requireOnnx(bytes);
    const given = readModel(bytes);
    return { ...withWeights(given, external ?? missing(given)), files: [], ...settingsOf(given, settings) };
  }
  const known = typeof source === 'object' && 'model' in source;
  const place = known ? source.model : ((await modelInFolder(source)) ?? source);
  const [bytes, config, preprocessor] = await Promise.all([
    read('model', place, () => readFileWithRoom(place, ROOM)),
    settings.config ?? (known ? settingIn(source.config) : settingBeside(place, 'config.json')),
    settings.preprocessor ??
      (known ? settingIn(source.preprocessor) : settingBeside(place, 'preprocessor_config.json')),
  ]);
  requireOnnx(bytes, String(place));
  const model = readModel(bytes, ROOM);
  const weights = external ? [] : model.externalFiles.map((path) => ({ path, file: weightsFile(place, path) }));
  const load = async ({ path, file }: (typeof weights)[number]) => ({
    path,
    data: await read('external data file', file, async () => {
      const real = await besideFile(file, place);
      return real === undefined ? outside(path) : readFile(real);
    }),
  });
  const beside = [config, preprocessor].flatMap((setting) => setting?.file ?? []);
  return {
    ...withWeights(model, external ?? (await Promise.all(weights.map(load)))),
    files: [place, ...weights.map(({ file }) => file), ...beside],
    ...settingsOf(model, { config, preprocessor }),
  };
}

/** The model in a folder of the Hugging Face layout, or the only one in a folder; undefined for other places. */
async function modelInFolder(place: string | URL): Promise<string | URL | undefined> {
  if (/\.onnx$/i.test(String(place))) return undefined;
  const names = (await folderNames(place)) ?? [];
  const inside = (path: string): string | URL => {
    const folder = String(place).replace(/[/\\]$/, '');
    return place instanceof URL ? new URL(`${folder}/${path}`) : `${folder}/${path}`;
  };
  if (names.includes('onnx') && (await folderNames(inside('onnx')))?.includes('model.onnx'))
    return inside('onnx/model.onnx');
  const models = names.filter((name) => /\.onnx$/i.test(name));
  const usual = models.find((name) => name === 'model.onnx') ?? (models.length === 1 ? models[0] : undefined);
  return usual === undefined ? undefined : inside(usual);
}

/** Whether an untyped caller passed a model. */
function isModelInput(source: unknown): source is ModelInput | ModelPlace {
  if (typeof source === 'string') return source !== '';
  if (typeof source !== 'object' || source === null) return false;
  if (ADDRESSES.some((key) => key in source && isAddress((source as Record<string, unknown>)[key]))) return true;
  return [URL, Blob, Uint8Array, ArrayBuffer].some((kind) => source instanceof kind);
}

const ADDRESSES = ['file', 'model'] as const;
const isAddress = (value: unknown): boolean => typeof value === 'string' || value instanceof URL;

function withWeights(
  file: Model,
  given: ModelSource['external'],
): Pick<ModelSource, 'model' | 'external'> {
  const { model, ...own } = streamed(file) ?? { model: file };
  const external = 'path' in own ? [...given, own] : given;
  const files = new Map(external.map(({ path, data }) => [path, data]));
  for (const { name, external: place } of model.graph.initializers.values()) {
    const file = place && files.get(place.location);
    if (!file || (place.offset >= 0 && place.offset + (place.length ?? 0) <= file.length)) continue;
    throw new CamError(
      'BAD_MODEL',
      `The external data file "${place.location}" is incomplete: it has ${file.length} bytes, but the weights "${name}" end at byte ${place.offset + (place.length ?? 0)}. Copy or download it again.`,
    );
  }
  const { model: folded, weights } = foldWeights(model, ROOM);
  const all = weights ? [...external, weights] : external;
  return {
    model: { ...folded, external: new Map(all.map(({ path, data }) => [path, data])) },
    external: all,
  };
}

/** A JSON file of a model, with its location. */
interface Setting {
  readonly text: string;
  readonly file?: string | URL;
}

interface ModelSettings {
  readonly config: Setting | undefined;
  readonly preprocessor: Setting | undefined;
}

/** The settings beside a model, or else those in its metadata, or those of its kind. */
function settingsOf(
  model: Model,
  { config, preprocessor }: ModelSettings,
): Pick<ModelSource, 'labels' | 'found' | 'unsureBelow'> {
  const inside = ultralyticsMetadata(model.metadata);
  const preset = recognizedPreset(model);
  const beside: FoundSettings | undefined = preprocessor
    ? { from: 'preprocessor_config.json', settings: readPreprocessorConfig(preprocessor.text) }
    : config && { from: 'config.json', settings: readModelConfig(config.text) };
  const found = beside && Object.keys(beside.settings).length > 0 ? beside : undefined;
  return {
    labels: (config && labelsOfConfig(config.text)) ?? inside?.names,
    unsureBelow: config && readUnsureBelow(config.text),
    found:
      found ??
      (inside && { from: 'metadata', settings: inside.preprocessing }) ??
      (preset && { from: 'preset', settings: PRESETS[preset].preprocessing }),
  };
}

const settingFrom = (json: object | undefined): Setting | undefined => json && { text: JSON.stringify(json) };

/** Room after a model's bytes for added outputs. */
const ROOM = 1 << 20;

async function read(what: string, place: string | URL, get: () => Promise<Uint8Array>): Promise<Uint8Array> {
  try {
    return await get();
  } catch (cause) {
    if (cause instanceof CamError) throw cause;
    const names = what === 'model' ? await folderNames(place) : undefined;
    if (names) throw new CamError('BAD_MODEL', folderAdvice(names), { cause });
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
    `The model has external data files (${externalFiles.join(', ')}). Load it by its path, or pass them as \`external\`.`,
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
 * Location of an external data file: relative to the model and inside its folder, so that an untrusted model cannot
 * open other files (https://onnx.ai/onnx/repo-docs/ExternalData.html).
 */
export function weightsFile(source: string | URL, path: string): string | URL {
  let depth = 0;
  // In a URL, %2e is a dot.
  const steps = path.replace(/%2e/gi, '.').split(/[/\\]/).filter((step) => step !== '.' && step !== '');
  const leaves = steps.some((step) => (depth += step === '..' ? -1 : 1) < 0);
  if (!leaves && !/^([/\\]|[a-z][a-z0-9+.-]*:)/i.test(path)) return neighbor(source, path);
  return outside(path);
}

function outside(path: string): never {
  throw new CamError(
    'BAD_MODEL',
    `The model's external data file "${path}" is outside its folder, or a link to what is, which ONNX does not allow. Save it again with the file beside it, or pass the file as \`external\`.`,
  );
}

const neighbor = (source: string | URL, path: string): string | URL =>
  source instanceof URL ? new URL(path, source) : source.replace(/[^/\\]*$/, path);

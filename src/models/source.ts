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

/**
 * Reads a model from its bytes or its place. Beside a place, and one folder up, the files of a Hugging Face export are
 * used where they are: `config.json` (id2label) and `preprocessor_config.json`.
 * @throws CamError BAD_MODEL when there is no such file, it is no model, or weights that it names are missing.
 */
export async function loadModel(
  source: string | URL | Uint8Array | ArrayBuffer,
  external?: ModelSource['external'],
): Promise<ModelSource> {
  if (source instanceof Uint8Array || source instanceof ArrayBuffer) {
    const model = readModel(source instanceof Uint8Array ? source : new Uint8Array(source));
    return { model, external: external ?? missing(model), labels: undefined, preprocessing: {} };
  }
  const model = readModel(await read('model', source, () => readFileWithRoom(source, ROOM)), ROOM);
  const config = await beside(source, 'config.json');
  const preprocessor = await beside(source, 'preprocessor_config.json');
  const weights = (path: string) => {
    const place = neighbour(source, path);
    return read('file of weights', place, () => readFile(place));
  };
  return {
    model,
    external:
      external ??
      (await Promise.all(model.externalFiles.map(async (path) => ({ path, data: await weights(path) })))),
    labels: config === undefined ? undefined : labelsOf(config),
    preprocessing: preprocessor === undefined ? {} : readPreprocessorConfig(preprocessor),
  };
}

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
  for (const place of [name, `../${name}`]) {
    const bytes = await readFile(neighbour(source, place)).catch(() => undefined);
    if (bytes) return new TextDecoder().decode(bytes);
  }
  return undefined;
}

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

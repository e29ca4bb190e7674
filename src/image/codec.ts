import { CamError } from '../errors.ts';
import { type Codec, codecModule, codecsFetch } from '../platform/codecs.ts';
import type { Picture, Pixels } from './source.ts';

// libjpeg only warns where pixels are missing or damaged, and paints them gray.
const DAMAGE = /premature end|^Corrupt JPEG data(?!.*extraneous bytes)/i;

interface Instance {
  decode(bytes: Uint8Array, ...options: boolean[]): Picture | null;
}

interface Source {
  factory: () => Promise<{ default: unknown }>;
  options: boolean[];
}

const SOURCES: Record<Codec, Source> = {
  // `true` turns the picture upright by its EXIF orientation
  jpeg: { factory: () => import('@jsquash/jpeg/codec/dec/mozjpeg_dec.js'), options: [true] },
  webp: { factory: () => import('@jsquash/webp/codec/dec/webp_dec.js'), options: [] },
};

/**
 * One of jSquash's decoders; a JPEG is rotated by its EXIF orientation. Undefined where its WebAssembly is neither given
 * nor found. Each picture has an instance of its own, so that its memory is freed with it.
 * @throws {CamError} RUNTIME when the WebAssembly cannot be started.
 */
export async function loadCodec(
  codec: Codec,
  given?: WebAssembly.Module,
): Promise<((bytes: Uint8Array) => Promise<Picture>) | undefined> {
  const { factory, options } = SOURCES[codec];
  const glueLoaded = factory();
  const module = given ?? (await codecModule(codec));
  const glue = await glueLoaded;
  if (!module && !codecsFetch()) return undefined;
  const start = glue.default as (settings: object) => Promise<Instance>;
  return async (bytes) => {
    const complaints: string[] = [];
    const settings = {
      noInitialRun: true,
      printErr: (line: string) => complaints.push(line),
      ...(module && { instantiateWasm: instantiating(module) }),
    };
    const instance = await scoped(() => start(settings)).catch((cause: unknown) => {
      throw notStarted(codec, cause);
    });
    const picture = decodeOrNote(() => scoped(() => instance.decode(bytes, ...options)), complaints);
    const damage = complaints.find((line) => DAMAGE.test(line));
    if (!picture || damage) throw new Error(damage ?? complaints[0] ?? `not a sound ${codec} stream`);
    return picture;
  };
}

const instantiating =
  (module: WebAssembly.Module) =>
  (imports: WebAssembly.Imports, done: (instance: WebAssembly.Instance) => void): WebAssembly.Exports => {
    const instance = new WebAssembly.Instance(module, imports);
    done(instance);
    return instance.exports;
  };

const notStarted = (codec: Codec, cause: unknown): CamError =>
  new CamError(
    'RUNTIME',
    `The ${codec} decoder cannot be started: ${(cause as Error).message}. ` +
      `Serve its wasm beside the page, or pass it compiled as \`modules.${codec}\`.`,
    { cause },
  );

// A codec that gives up has said why before it throws, if it did.
function decodeOrNote<T>(decode: () => T, complaints: string[]): T | undefined {
  try {
    return decode();
  } catch (error) {
    complaints.push(String((error as Error).message));
    return undefined;
  }
}

// The codecs build their result with the global ImageData, and define it where it is missing, as well as a location in
// Deno; both are put back as they were. No other work can come in between: `work` is not awaited in here.
function scoped<T>(work: () => T): T {
  const before = ['ImageData', 'location'].map(
    (name) => [name, Object.getOwnPropertyDescriptor(globalThis, name)] as const,
  );
  Object.defineProperty(globalThis, 'ImageData', { value: DecodedImage, configurable: true, writable: true });
  try {
    return work();
  } finally {
    for (const [name, property] of before) {
      if (property) Object.defineProperty(globalThis, name, property);
      else Reflect.deleteProperty(globalThis, name);
    }
  }
}

class DecodedImage implements Picture {
  readonly data: Pixels;
  readonly width: number;
  readonly height: number;

  constructor(data: Pixels, width: number, height: number) {
    [this.data, this.width, this.height] = [data, width, height];
  }
}

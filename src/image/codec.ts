import { CamError } from '../errors.ts';
import { type Codec, codecModule } from '../platform/codecs.ts';
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

type StartCodec = (settings: object) => Promise<Instance>;

/** Decodes with an instance of its own, whose memory is freed with it; an instance that threw decodes no more. */
export type CodecInstance = (bytes: Uint8Array) => Picture;

/**
 * Starts instances of one of jSquash's decoders; a JPEG is rotated by its EXIF orientation. Undefined where its
 * WebAssembly is neither given nor found.
 * @throws {CamError} RUNTIME when the WebAssembly cannot be started.
 */
export async function loadCodec(
  codec: Codec,
  given?: WebAssembly.Module,
): Promise<(() => Promise<CodecInstance>) | undefined> {
  const { factory, options } = SOURCES[codec];
  const glueLoaded = factory().then((glue) => glue.default as StartCodec);
  const address = async () => wasmAddress(await glueLoaded);
  const module = given ?? (await codecModule(codec, address).catch((cause) => notStarted(codec, cause)));
  const start = await glueLoaded;
  if (!module) return undefined;
  return async () => {
    const complaints: string[] = [];
    const settings = {
      noInitialRun: true,
      printErr: (line: string) => complaints.push(line),
      instantiateWasm: instantiating(module),
    };
    const instance = await scoped(() => start(settings)).catch((cause) => notStarted(codec, cause));
    return (bytes) => {
      const picture = decodeOrNote(() => scoped(() => instance.decode(bytes, ...options)), complaints);
      const damage = complaints.find((line) => DAMAGE.test(line));
      if (!picture || damage) throw new Error(damage ?? complaints[0] ?? `not a sound ${codec} stream`);
      return picture;
    };
  };
}

/**
 * The address of a decoder's wasm. Only its own script has it, where bundlers find and rewrite it, and the script tells
 * nobody: it is started with a `fetch` that notes the address and never answers.
 */
function wasmAddress(start: StartCodec): string {
  let address = '';
  const fetch = (place: string) => {
    address = place;
    return new Promise(() => undefined);
  };
  void scoped(() => start({ noInitialRun: true }), { fetch });
  return address;
}

const instantiating =
  (module: WebAssembly.Module) =>
  (imports: WebAssembly.Imports, done: (instance: WebAssembly.Instance) => void): WebAssembly.Exports => {
    const instance = new WebAssembly.Instance(module, imports);
    done(instance);
    return instance.exports;
  };

function notStarted(codec: Codec, cause: unknown): never {
  throw new CamError(
    'RUNTIME',
    `The ${codec} decoder cannot be started: ${(cause as Error).message}. ` +
      `Serve its wasm beside the page, or pass it compiled as \`modules.${codec}\`.`,
    { cause },
  );
}

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
// Deno; all are put back as they were. No other work can come in between: `work` is not awaited in here.
function scoped<T>(work: () => T, others: object = {}): T {
  const globals = Object.entries({ ImageData: DecodedImage, ...others });
  const before = ['location', ...globals.map(([name]) => name)].map(
    (name) => [name, Object.getOwnPropertyDescriptor(globalThis, name)] as const,
  );
  for (const [name, value] of globals) {
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  }
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

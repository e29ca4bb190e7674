import { nodeModule } from '../platform/node.ts';
import type { FormatName } from './formats.ts';
import type { Picture } from './source.ts';

interface JimpFormat {
  readonly mime: string;
  readonly decode: (bytes: Uint8Array) => Picture;
}

// omggif only warns about a frame with more or fewer pixels than declared.
const JIMP_DAMAGE = /gif stream (longer|shorter)/;

/**
 * Jimp's decoder for a format. A JPEG is rotated by its EXIF orientation.
 * @throws {Error} when Jimp is missing: its browser build is an empty file (1.6.1), which Workers get as well.
 */
export async function loadJimp(format: FormatName): Promise<(bytes: Uint8Array) => Promise<Picture>> {
  const { Jimp, defaultFormats } = await import('jimp');
  if (!Jimp) throw new Error('this runtime decodes neither BMP nor JPEG of four inks');
  if (format === 'jpeg') {
    const options = { 'image/jpeg': { tolerantDecoding: false } };
    return async (bytes) => sound((await Jimp.fromBuffer(new Uint8Array(bytes).buffer, options)).bitmap);
  }
  const formats = defaultFormats.map((make) => make() as unknown as JimpFormat);
  const { decode } = formats.find(({ mime }) => mime === `image/${format}`)!;
  const { Buffer } = nodeModule('node:buffer');
  return async (bytes) => sound(quietly(() => decode(Buffer.from(bytes))));
}

function sound({
  data,
  width,
  height,
}: Omit<Picture, 'data'> & { data: Uint8Array | Uint8ClampedArray }): Picture {
  if (data.length !== width * height * 4) throw new Error('pixels are missing');
  return {
    data: new Uint8ClampedArray(data.buffer as ArrayBuffer, data.byteOffset, data.length),
    width,
    height,
  };
}

// The decoders log warnings and progress to standard output, which belongs to the user. `work` is not awaited, so no
// other work can interleave.
function quietly<T>(work: () => T): T {
  const { log } = console;
  const said: string[] = [];
  console.log = (...words: unknown[]) => void said.push(words.join(' '));
  let outcome: () => T;
  try {
    const result = work();
    outcome = () => result;
  } catch (error) {
    outcome = () => {
      throw error;
    };
  }
  console.log = log;
  const damage = said.find((line) => JIMP_DAMAGE.test(line)); // logged before a throw
  if (damage) throw new Error(damage);
  return outcome();
}

import { nodeModule } from '../platform/node.ts';
import type { FormatName } from './formats.ts';
import type { Picture } from './source.ts';

interface JimpFormat {
  readonly mime: string;
  readonly decode: (bytes: Uint8Array) => Picture;
}

// omggif only warns where a frame holds more or fewer pixels than it says.
const JIMP_DAMAGE = /gif stream (longer|shorter)/;

/**
 * Jimp's decoder of an image format. A JPEG is turned upright by its EXIF orientation.
 * Throws a plain Error where Jimp is not: its build for browsers is an empty file (1.6.1), which Workers get as well.
 */
export async function loadJimp(format: FormatName): Promise<(bytes: Uint8Array) => Promise<Picture>> {
  const { Jimp, defaultFormats } = await import('jimp');
  if (!Jimp) throw new Error('this runtime decodes PNG, JPEG and WebP only');
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

// The decoders print what they mind, and what they are at, to standard output, which is the user's. No other work can
// come in between: `work` is not awaited.
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
  const damage = said.find((line) => JIMP_DAMAGE.test(line)); // said before it throws, if it does
  if (damage) throw new Error(damage);
  return outcome();
}

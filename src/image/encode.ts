import { CamError } from '../errors.ts';
import { encodePng } from './png.ts';
import type { Picture } from './source.ts';

export type EncodedFormat = 'png' | 'jpg';

/** The bytes of a picture file. `quality` is JPEG's, 1 to 100. */
export async function encode(picture: Picture, format: EncodedFormat, quality = 90): Promise<Uint8Array> {
  return ENCODERS[format](picture, quality);
}

/**
 * Can this runtime write JPEG? Jimp's build for browsers is an empty file (1.6.1), which Workers get as well; in Deno it
 * has to be allowed to read the environment.
 */
export const writesJpeg = (): Promise<boolean> =>
  import('jimp').then(
    ({ Jimp }) => Boolean(Jimp),
    () => false,
  );

const ENCODERS: Record<EncodedFormat, (picture: Picture, quality: number) => Promise<Uint8Array>> = {
  png: encodePng,
  async jpg({ data, width, height }, quality) {
    const { Jimp } = await import('jimp');
    if (!Jimp) {
      throw new CamError('OUTPUT', 'This runtime writes no JPEG: its build of Jimp is empty. Ask for PNG.');
    }
    const image = Jimp.fromBitmap({ data: new Uint8Array(data), width, height });
    return image.getBuffer('image/jpeg', { quality });
  },
};

import type { Jimp as JimpClass } from 'jimp';
import { CamError } from '../errors.ts';
import { encodePng } from './png.ts';
import type { Picture } from './source.ts';

export type EncodedFormat = 'png' | 'jpg';

/** Encodes a picture as a file. `quality` is for JPEG, 1 to 100. */
export async function encode(picture: Picture, format: EncodedFormat, quality = 90): Promise<Uint8Array> {
  return ENCODERS[format](picture, quality);
}

/** Whether this runtime writes JPEG. Deno must let Jimp read the environment. */
export const writesJpeg = (): Promise<boolean> =>
  importJimp().then(
    (Jimp) => Jimp !== undefined || hasCanvas(),
    () => false,
  );

/** Undefined in browsers and Workers, where Jimp is an empty file (1.6.1). */
const importJimp = async () => (await import('jimp')).Jimp as typeof JimpClass | undefined;

const hasCanvas = (): boolean => typeof OffscreenCanvas !== 'undefined';

const ENCODERS: Record<EncodedFormat, (picture: Picture, quality: number) => Promise<Uint8Array>> = {
  png: encodePng,
  async jpg(picture, quality) {
    const Jimp = await importJimp();
    if (Jimp) {
      const { data, width, height } = picture;
      const image = Jimp.fromBitmap({ data: new Uint8Array(data), width, height });
      return image.getBuffer('image/jpeg', { quality });
    }
    if (hasCanvas()) return jpegOfCanvas(picture, quality);
    throw new CamError('OUTPUT', 'This runtime cannot write JPEG. Choose PNG.');
  },
};

async function jpegOfCanvas({ data, width, height }: Picture, quality: number): Promise<Uint8Array> {
  const canvas = new OffscreenCanvas(width, height);
  canvas.getContext('2d')!.putImageData(new ImageData(data, width, height), 0, 0);
  const blob = await canvas.convertToBlob({ type: 'image/jpeg', quality: quality / 100 });
  return new Uint8Array(await blob.arrayBuffer());
}

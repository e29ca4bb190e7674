import type { Picture } from './picture.ts';
import { encodePng } from './png.ts';

export type EncodedFormat = 'png' | 'jpg';

/** The bytes of a picture file. `quality` is JPEG's, 1 to 100. */
export async function encode(picture: Picture, format: EncodedFormat, quality = 90): Promise<Uint8Array> {
  return ENCODERS[format](picture, quality);
}

const ENCODERS: Record<EncodedFormat, (picture: Picture, quality: number) => Promise<Uint8Array>> = {
  png: encodePng,
  async jpg({ data, width, height }, quality) {
    const { Jimp } = await import('jimp');
    const image = Jimp.fromBitmap({ data: new Uint8Array(data), width, height });
    return image.getBuffer('image/jpeg', { quality });
  },
};

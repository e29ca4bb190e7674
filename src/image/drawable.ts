import { CamError } from '../errors.ts';
import type { Picture } from './source.ts';

/** Anything a browser's canvas can draw: an ImageBitmap, an `<img>`, a `<canvas>`, an OffscreenCanvas. */
export interface Drawable {
  readonly width: number;
  readonly height: number;
  /** An `<img>` counts at its natural size, not as laid out on the page. */
  readonly naturalWidth?: number;
  readonly naturalHeight?: number;
}

/**
 * The pixels of a drawable, blended onto white.
 * @throws {CamError} BAD_IMAGE when it has no pixels yet or cannot be read, or the runtime has no canvas.
 */
export function drawn(source: Drawable): Picture {
  const width = source.naturalWidth ?? source.width;
  const height = source.naturalHeight ?? source.height;
  if (!(width > 0 && height > 0)) {
    throw new CamError(
      'BAD_IMAGE',
      'The image has no pixels (yet). Wait for its load event, or img.decode().',
    );
  }
  if (typeof OffscreenCanvas === 'undefined') {
    throw new CamError('BAD_IMAGE', 'This runtime has no canvas. Pass an encoded image or its pixels.');
  }
  const canvas = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true })!;
  canvas.fillStyle = 'white';
  canvas.fillRect(0, 0, width, height);
  try {
    canvas.drawImage(source as CanvasImageSource, 0, 0, width, height);
    const { data } = canvas.getImageData(0, 0, width, height);
    return { data, width, height };
  } catch (cause) {
    throw new CamError(
      'BAD_IMAGE',
      `The image cannot be read: ${(cause as Error).message} An image from another site needs crossorigin="anonymous" and CORS headers.`,
      { cause },
    );
  }
}

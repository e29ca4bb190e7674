import type { Kernels, Plane } from '../kernels/index.ts';
import type { Box } from './resize.ts';

/** Size of a picture or input, in pixels. */
export interface Size {
  width: number;
  height: number;
}

/**
 * Resize mode: `stretch` changes the proportions, `crop` takes the largest centered part with the input's proportions,
 * `letterbox` fits the whole picture and pads the rest.
 */
export type Fit = 'stretch' | 'crop' | 'letterbox';

/** Position of a picture in a model's input: its part `from` fills the part `to` of the input. */
export interface Placement {
  picture: Size;
  input: Size;
  /** In pixels of the picture, possibly fractional for `crop`. */
  from: Box;
  /** In whole elements of the input. */
  to: Box;
}

export function place(picture: Size, input: Size, fit: Fit): Placement {
  const whole = ({ width, height }: Size): Box => ({ x: 0, y: 0, width, height });
  const sizes = {
    picture: { width: picture.width, height: picture.height },
    input: { width: input.width, height: input.height },
  };
  return { ...sizes, from: whole(picture), to: whole(input), ...FITS[fit](picture, input) };
}

export const FITS: Record<Fit, (picture: Size, input: Size) => Partial<Placement>> = {
  stretch: () => ({}),
  crop(picture, input) {
    const scale = Math.min(picture.width / input.width, picture.height / input.height);
    const [width, height] = [input.width * scale, input.height * scale];
    return {
      from: { x: (picture.width - width) / 2, y: (picture.height - height) / 2, width, height },
    };
  },
  letterbox(picture, input) {
    const scale = Math.min(input.width / picture.width, input.height / picture.height);
    const width = Math.max(1, Math.round(picture.width * scale));
    const height = Math.max(1, Math.round(picture.height * scale));
    const x = Math.floor((input.width - width) / 2);
    const y = Math.floor((input.height - height) / 2);
    return { to: { x, y, width, height } };
  },
};

/**
 * Resizes a map of the model's input, of any resolution, to the picture's size and the input's `depth` in one linear
 * interpolation with half-pixel centers. Parts of the picture outside the input are 0.
 */
export function carryBack(
  map: Plane,
  { picture, input, from, to }: Placement,
  kernels: Kernels,
  depth?: number,
): Plane {
  // Picture coordinate p is at to + (p - from) * to.length / from.length of the input.
  const axis = (start: number, length: number, at: number, span: number, cells: number) => {
    const scale = (span / length) * cells;
    return { scale, offset: at * cells - start * scale };
  };
  const size = { ...(depth !== undefined && { depth }), height: picture.height, width: picture.width };
  return kernels.resample(map, size, {
    z: { scale: (map.depth ?? 1) / (depth ?? 1), offset: 0 },
    y: axis(from.y, from.height, to.y, to.height, map.height / input.height),
    x: axis(from.x, from.width, to.x, to.width, map.width / input.width),
    outside: 'zero',
  });
}

/** A box of the input in pixels of the picture, clipped to it. */
export function boxInPicture(box: Box, { picture, from, to }: Placement): Box {
  const at = (value: number, start: number, span: number, origin: number, length: number, limit: number) =>
    Math.min(limit, Math.max(0, origin + ((value - start) * length) / span));
  const x = (value: number) => at(value, to.x, to.width, from.x, from.width, picture.width);
  const y = (value: number) => at(value, to.y, to.height, from.y, from.height, picture.height);
  const [left, top] = [x(box.x), y(box.y)];
  return { x: left, y: top, width: x(box.x + box.width) - left, height: y(box.y + box.height) - top };
}

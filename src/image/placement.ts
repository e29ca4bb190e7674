import type { Kernels, Plane } from '../kernels/index.ts';
import type { Box } from './resize.ts';

/** Size of a picture or input, in pixels. */
export interface Size {
  width: number;
  height: number;
}

/**
 * Resize mode: `stretch` changes the proportions, `crop` takes the largest centered part with the input's proportions,
 * `letterbox` fits the whole picture and pads the rest with gray, `border` (timm's name) with the mean. `proportional`
 * gives the input the picture's proportions, as detectors of the DETR family do: its shorter side is the shorter of
 * width and height, unless its longer side would exceed the longer of them.
 */
export type Fit = 'stretch' | 'crop' | 'letterbox' | 'border' | 'proportional';

/** How pictures are brought to the size of an input. */
export interface Resizing extends Size {
  fit: Fit;
  /**
   * Share of the resized picture's sides that the center crop keeps, above 0, at most 1: `crop_pct` of timm and
   * transformers. With 0.875, an input of 224 pixels is cut from a picture resized for 256.
   */
  cropPct: number;
}

/** Position of a picture in a model's input: its part `from` fills the part `to` of the input. */
export interface Placement {
  picture: Size;
  input: Size;
  /** In pixels of the picture, possibly fractional for `crop`. */
  from: Box;
  /** In whole elements of the input. */
  to: Box;
}

/** As timm's transforms_imagenet_eval (timm/data/transforms_factory.py), to the pixel. */
export function place(picture: Size, { width, height, fit, cropPct }: Resizing): Placement {
  const scaled = { width: Math.floor(width / cropPct), height: Math.floor(height / cropPct) };
  const resized = FITS[fit].resized(picture, scaled);
  const input = FITS[fit].follows
    ? { width: kept(resized.width, cropPct), height: kept(resized.height, cropPct) }
    : { width, height };
  const x = centerCropped(picture.width, resized.width, input.width);
  const y = centerCropped(picture.height, resized.height, input.height);
  return {
    picture: { width: picture.width, height: picture.height },
    input,
    from: { x: x.from, y: y.from, width: x.seen, height: y.seen },
    to: { x: x.to, y: y.to, width: x.filled, height: y.filled },
  };
}

/** The placement of a tensor, which is used as it is. */
export const unmoved = ({ width, height }: Size): Placement =>
  place({ width, height }, { width, height, fit: 'stretch', cropPct: 1 });

const kept = (side: number, share: number): number => Math.max(1, Math.floor(side * share));

/** One axis of a picture, resized, then cropped or padded to an input's side. */
function centerCropped(side: number, resized: number, input: number) {
  const scale = side / resized;
  return resized <= input
    ? { from: 0, seen: side, to: Math.floor((input - resized) / 2), filled: resized }
    : { from: roundHalfEven((resized - input) / 2) * scale, seen: input * scale, to: 0, filled: input };
}

/** Python's round. */
function roundHalfEven(value: number): number {
  const below = Math.floor(value);
  return value - below === 0.5 ? below + (below % 2) : Math.round(value);
}

interface FitRow {
  /** Size of a picture after resizing, before the center crop; `scaled` is the input plus the margin to be cut. */
  readonly resized: (picture: Size, scaled: Size) => Size;
  /** Byte of the padding, from that of the mean. */
  readonly padding: (mean: number) => number;
  /** Whether the input's size follows from the picture's. */
  readonly follows?: true;
}

const dividedBy = ({ width, height }: Size, ratio: number): Size => ({
  width: Math.max(1, roundHalfEven(width / ratio)),
  height: Math.max(1, roundHalfEven(height / ratio)),
});

/** By the longer side. */
const inside: FitRow['resized'] = (picture, scaled) =>
  dividedBy(picture, Math.max(picture.width / scaled.width, picture.height / scaled.height));

const unpadded = () => 0;

/** transformers' get_size_with_aspect_ratio (image_transforms.py), to the pixel. */
const byEdges: FitRow['resized'] = ({ width, height }, scaled) => {
  const [short, long] = [Math.min(width, height), Math.max(width, height)];
  const [edge, limit] = [Math.min(scaled.width, scaled.height), Math.max(scaled.width, scaled.height)];
  const fitting = (limit * short) / long;
  const [exact, whole] = (long / short) * edge > limit ? [fitting, roundHalfEven(fitting)] : [edge, edge];
  const along = (side: number) => Math.max(1, side === short ? whole : Math.trunc((exact * side) / short));
  return short === whole ? { width, height } : { width: along(width), height: along(height) };
};

/** The resize modes. */
export const FITS: Readonly<Record<Fit, FitRow>> = {
  stretch: { resized: (_, scaled) => scaled, padding: unpadded },
  crop: {
    resized(picture, scaled) {
      const { width, height } = picture;
      if (scaled.width !== scaled.height)
        return dividedBy(picture, Math.min(width / scaled.width, height / scaled.height));
      // torchvision's Resize by the shorter side truncates the longer.
      const along = (side: number) => Math.trunc((scaled.width * side) / Math.min(width, height));
      return { width: along(width), height: along(height) };
    },
    padding: unpadded,
  },
  // The gray of the YOLO family.
  letterbox: { resized: inside, padding: () => 114 },
  border: { resized: inside, padding: (mean) => Math.min(255, Math.max(0, roundHalfEven(mean))) },
  proportional: { resized: byEdges, padding: unpadded, follows: true },
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

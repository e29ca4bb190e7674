import type { Fit, Resizing, Size } from '../image/placement.ts';
import { MIN_CROP_PCT } from '../image/preprocess.ts';
import { isRecord, ownValue } from '../table.ts';
import { processorOf, resizesByEdge } from './processors.ts';
import { cropPctIn, isNumber, isSide, type SettingsFile } from './settings-file.ts';

interface Sides extends Size {
  readonly fit: Fit;
}

/** How the processors of transformers resize: to `size`, larger by `crop_pct`, then a center crop. */
export function resizingFrom(config: SettingsFile): Partial<Resizing> {
  const crops = config.flag('do_center_crop') === true;
  const cropPct = cropPctIn(config);
  // One number is the shortest edge of what is cropped, unless the processor is known to stretch.
  const byEdge = resizesByEdge(config) ?? (crops || cropPct !== undefined);
  const crop = crops ? sidesFrom(config, 'crop_size', 'crop') : undefined;
  const resized =
    config.flag('do_resize') === false ? undefined : sidesFrom(config, 'size', byEdge ? 'crop' : 'stretch');
  const size = crops && resized?.fit === 'proportional' ? edgeOf(resized) : resized;
  if (crop && size) return croppedFrom(config, crop, size, cropPct);
  const extent = crop ?? size;
  if (!extent) return {};
  const { height, width } = extent;
  const fit = crops ? 'crop' : extent.fit;
  if (fit !== 'crop' || cropPct === undefined) return { height, width, fit };
  // ConvNextImageProcessor crops below 384 pixels only.
  return crops || height < 384 ? { height, width, fit, cropPct } : { height, width, fit: 'stretch' };
}

/** A center crop to `crop` of a picture resized to `size`. */
function croppedFrom(
  config: SettingsFile,
  { height, width }: Size,
  size: Sides,
  cropPct: number | undefined,
): Partial<Resizing> {
  // PoolFormerImageProcessor takes every size for a shortest edge.
  const fit = cropPct === undefined ? size.fit : 'crop';
  if (fit === 'letterbox') return { height, width, fit: 'crop' };
  // LevitImageProcessor resizes 224 to 256.
  const factor = processorOf(config) === 'Levit' && fit === 'crop' ? 256 / 224 : 1;
  const scaled = [size.height, size.width].map((side) => Math.floor((factor * side) / (cropPct ?? 1)));
  if (fit === 'crop' && height !== width)
    return config.refuse('crop_size', 'equal sides, as "size" is a shortest edge');
  const share = [shareOf(height, scaled[0]), shareOf(width, scaled[1])].find(
    (one) => Math.floor(height / one) === scaled[0] && Math.floor(width / one) === scaled[1],
  );
  if (share === undefined || share > 1 || share < MIN_CROP_PCT)
    return config.refuse('crop_size', 'sides not above "size", in the same proportions');
  return { height, width, fit, ...(share < 1 && { cropPct: share }) };
}

/** A size by its shortest edge alone: what a longest edge limits is rarely in a center crop. */
const edgeOf = ({ height }: Sides): Sides => ({ height, width: height, fit: 'crop' });

/** The share from which `place` finds the whole again: 9 / (9 / 14) is below 14. */
function shareOf(part: number, whole: number): number {
  const share = part / whole;
  return Math.floor(part / share) < whole ? share * (1 - Number.EPSILON) : share;
}

/**
 * How each spelling of a size resizes: by both sides, by the shortest up to the longest, by the shortest, or by the
 * longest with padding.
 */
const SIZES: readonly (readonly [keys: readonly [string, string], fit: Fit])[] = [
  [['height', 'width'], 'stretch'],
  [['shortest_edge', 'longest_edge'], 'proportional'],
  [['shortest_edge', 'shortest_edge'], 'crop'],
  [['longest_edge', 'longest_edge'], 'letterbox'],
  [['max_height', 'max_width'], 'letterbox'],
];

/** 224 (resized as `plain`), [224, 224] (rows first), or an object with one of the known pairs of keys. */
function sidesFrom(config: SettingsFile, key: string, plain: Fit): Sides | undefined {
  const size = config.value(key);
  const takes = () => config.refuse(key, 'a size in pixels');
  const side = (value: unknown): number => (isSide(value) ? value : takes());
  if (size === undefined) return undefined;
  if (isNumber(size)) {
    // Older files of the DETR family have the longest edge beside the shortest.
    const longest = plain === 'crop' ? config.value('max_size') : undefined;
    if (longest !== undefined) return { height: side(size), width: side(longest), fit: 'proportional' };
    return { height: side(size), width: side(size), fit: plain };
  }
  if (Array.isArray(size)) {
    const [height, width = height] = size as unknown[];
    return { height: side(height), width: side(width), fit: 'stretch' };
  }
  if (!isRecord(size)) return takes();
  for (const [[rows, columns], fit] of SIZES)
    if (Object.hasOwn(size, rows) && Object.hasOwn(size, columns))
      return { height: side(ownValue(size, rows)), width: side(ownValue(size, columns)), fit };
  return takes();
}

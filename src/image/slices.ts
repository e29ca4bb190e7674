import { badOption } from '../errors.ts';
import type { Picture } from './source.ts';

/** Number of slices on a sheet by default. */
export const SHEET_SLICES = 16;

/** Pixels between the slices on a sheet. */
const SHEET_GAP = 2;

/**
 * The slices to draw, from 0: the wanted ones, which count from 1, or all, or some at equal distances.
 * @throws {CamError} BAD_OPTION when one does not exist.
 */
export function slicesShown(depth: number, wanted?: number | readonly number[]): readonly number[] {
  if (wanted === undefined) {
    const count = Math.min(depth, SHEET_SLICES);
    return Array.from({ length: count }, (_, i) => Math.floor(((i + 0.5) * depth) / count));
  }
  return [wanted].flat().map((slice) => {
    if (Number.isInteger(slice) && slice >= 1 && slice <= depth) return slice - 1;
    throw badOption(
      'slice',
      `Slice ${slice} does not exist: \`slice\` counts from 1, and there ${depth === 1 ? 'is 1' : `are ${depth}`}.`,
    );
  });
}

/** Slices from a picture of all of them, one below another: a single one, or a sheet row by row, on white. */
export function sliceSheet(
  { data, width, height }: Picture,
  depth: number,
  shown: readonly number[],
): Picture {
  const rows = height / depth;
  const columns = Math.ceil(Math.sqrt((shown.length * rows) / width)) || 1;
  const across = Math.min(shown.length, columns);
  const down = Math.ceil(shown.length / across);
  const sheet = {
    width: across * (width + SHEET_GAP) - SHEET_GAP,
    height: down * (rows + SHEET_GAP) - SHEET_GAP,
  };
  const pixels = new Uint8ClampedArray(4 * sheet.width * sheet.height).fill(255);
  shown.forEach((slice, i) => {
    const [left, top] = [(i % across) * (width + SHEET_GAP), Math.floor(i / across) * (rows + SHEET_GAP)];
    for (let row = 0; row < rows; row++) {
      const from = 4 * (slice * rows + row) * width;
      pixels.set(data.subarray(from, from + 4 * width), 4 * ((top + row) * sheet.width + left));
    }
  });
  return { ...sheet, data: pixels };
}

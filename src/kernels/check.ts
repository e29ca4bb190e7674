import { CamError } from '../errors.ts';
import type { Grid } from './grid.ts';
import { type Extent, extentOf, type Plane, type Volume } from './volume.ts';

export function checkPlane(plane: Plane): void {
  checkSizes(sizesOf(plane));
  checkLength('A plane', plane.data, sizesOf(plane));
}

export function checkVolume(volume: Volume): void {
  const sizes = { channels: volume.channels, ...sizesOf(volume) };
  checkSizes(sizes);
  checkLength('A volume', volume.data, sizes);
}

export function checkSameShape(A: Volume, B: Volume): void {
  checkVolume(A);
  checkVolume(B);
  if (sizeText(A) === sizeText(B)) return;
  throw new CamError(
    'BAD_TENSOR',
    `Two volumes must have the same shape, but are ${sizeText(A)} and ${sizeText(B)}.`,
  );
}

export function checkLength(what: string, data: { length: number }, sizes: Record<string, number>): void {
  const expected = Object.values(sizes).reduce((product, size) => product * size, 1);
  if (data.length === expected) return;
  const reason = Object.entries(sizes)
    .map(([name, size]) => `${name} ${size}`)
    .join(' × ');
  throw new CamError('BAD_TENSOR', `${what} holds ${data.length} elements, but ${reason} is ${expected}.`);
}

export function checkSizes(sizes: Record<string, number>): void {
  for (const [name, size] of Object.entries(sizes)) {
    if (Number.isInteger(size) && size >= 0) continue;
    throw new CamError('BAD_TENSOR', `The ${name} is ${size}. It must be a whole number.`);
  }
}

export function checkNotEmpty(map: Extent): void {
  const sizes = Object.values(sizesOf(map));
  if (sizes.every((size) => size > 0)) return;
  throw new CamError('BAD_TENSOR', `A map of ${sizes.join(' × ')} is empty: there is nothing to resample.`);
}

export function checkGrid({ z, y, x }: Grid): void {
  if ([z, y, x].every((axis) => !axis || (Number.isFinite(axis.scale) && Number.isFinite(axis.offset))))
    return;
  throw new CamError('BAD_OPTION', 'The scales and offsets of a grid must be finite.');
}

/** The sizes in space by name, outermost first. */
export const sizesOf = (map: Extent): Record<string, number> => ({ ...extentOf(map) });

const sizeText = (volume: Volume): string =>
  `[${[volume.channels, ...Object.values(sizesOf(volume))].join(', ')}]`;

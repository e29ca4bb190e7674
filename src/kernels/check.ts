import { CamError } from '../errors.ts';
import type { Grid } from './grid.ts';
import type { Plane, Volume } from './volume.ts';

export function checkPlane({ data, height, width }: Plane): void {
  checkSizes({ height, width });
  checkLength('A plane', data, { height, width });
}

export function checkVolume({ data, channels, height, width }: Volume): void {
  checkSizes({ channels, height, width });
  checkLength('A volume', data, { channels, height, width });
}

export function checkSameShape(A: Volume, B: Volume): void {
  checkVolume(A);
  checkVolume(B);
  if (A.channels === B.channels && A.height === B.height && A.width === B.width) return;
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

export function checkNotEmpty({ height, width }: { height: number; width: number }): void {
  if (height > 0 && width > 0) return;
  throw new CamError('BAD_TENSOR', `A map of ${height} × ${width} is empty: there is nothing to resample.`);
}

export function checkGrid({ y, x }: Grid): void {
  if ([y.scale, y.offset, x.scale, x.offset].every(Number.isFinite)) return;
  throw new CamError('BAD_OPTION', 'The scales and offsets of a grid must be finite.');
}

const sizeText = ({ channels, height, width }: Volume): string => `[${channels}, ${height}, ${width}]`;

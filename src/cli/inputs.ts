import { parse } from 'node:path';
import type { ImageInput } from '../index.ts';
import { readNpy } from '../image/npy.ts';
import { floatTensor } from '../runtime/tensor.ts';
import { didYouMean } from '../errors.ts';
import { readNamed } from './files.ts';
import type { IO } from './io.ts';

/** An image as the command line names it. */
export interface Input {
  /** As the user wrote it; `-` is standard input. */
  readonly name: string;
  /** What the names of its results begin with. */
  readonly stem: string;
}

export const STDIN = '-';

export const inputOf = (name: string): Input => ({ name, stem: name === STDIN ? 'stdin' : parse(name).name });

const NPY = /^\x93NUMPY/;

export async function readInput({ name }: Input, io: IO, commands: readonly string[]): Promise<ImageInput> {
  const bytes =
    name === STDIN
      ? await io.stdin()
      : await readNamed(
          io.cwd,
          name,
          'BAD_IMAGE',
          `Give an image, or - for standard input.${didYouMean(name, commands)}`,
        );
  const start = String.fromCharCode(...bytes.subarray(0, 6));
  if (!NPY.test(start) && !name.toLowerCase().endsWith('.npy')) return bytes;
  const { dims, data } = readNpy(bytes);
  return floatTensor(dims, data);
}

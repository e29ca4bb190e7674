import { parse } from 'node:path';
import { type ImageInput, readNpyNumbers } from '../index.ts';
import { didYouMean } from '../options/index.ts';
import type { IO } from './io.ts';
import { readNamed } from './read-named.ts';

/** An image named on the command line. */
export interface Input {
  /** The user's spelling; `-` is standard input. */
  readonly name: string;
  /** Start of the file names of its results. */
  readonly stem: string;
}

export const STDIN = '-';

export const inputOf = (name: string): Input => ({ name, stem: name === STDIN ? 'stdin' : parse(name).name });

/**
 * The bytes of an image or a .npy file.
 * @throws {CamError} BAD_IMAGE or BAD_TENSOR when it cannot be read.
 */
export async function readInput({ name }: Input, io: IO, commands: readonly string[]): Promise<ImageInput> {
  if (name === STDIN) return io.stdin();
  const next = `Pass an image, or - for standard input.${didYouMean(name, commands)}`;
  const bytes = await readNamed(io.cwd, name, 'BAD_IMAGE', next);
  // Otherwise a damaged tensor would be reported as an unknown image.
  if (name.toLowerCase().endsWith('.npy')) readNpyNumbers(bytes);
  return bytes;
}

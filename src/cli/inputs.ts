import { parse } from 'node:path';
import { didYouMean } from '../errors.ts';
import { type ImageInput, readNpy } from '../index.ts';
import { readNamed } from './files.ts';
import type { IO } from './io.ts';

/** An image as the command line names it. */
export interface Input {
  /** As the user wrote it; `-` is standard input. */
  readonly name: string;
  /** Start of the names of its results. */
  readonly stem: string;
}

export const STDIN = '-';

export const inputOf = (name: string): Input => ({ name, stem: name === STDIN ? 'stdin' : parse(name).name });

/** The bytes of an image, or the tensor of a file that is named .npy. @throws {CamError} BAD_IMAGE, BAD_TENSOR. */
export async function readInput({ name }: Input, io: IO, commands: readonly string[]): Promise<ImageInput> {
  if (name === STDIN) return io.stdin();
  const next = `Give an image, or - for standard input.${didYouMean(name, commands)}`;
  const bytes = await readNamed(io.cwd, name, 'BAD_IMAGE', next);
  if (!name.toLowerCase().endsWith('.npy')) return bytes;
  return { type: 'float32', ...readNpy(bytes) };
}

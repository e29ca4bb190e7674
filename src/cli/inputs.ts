import { parse, posix } from 'node:path';
import { type ImageInput, readNpyNumbers } from '../index.ts';
import { CamError, didYouMean, type Given } from '../options/index.ts';
import type { IO } from './io.ts';
import { isWebAddress, readNamed } from './read-named.ts';

/** An image named on the command line. */
export interface Input {
  /** The user's spelling; `-` is standard input. */
  readonly name: string;
  /** Start of the file names of its results. */
  readonly stem: string;
}

export const STDIN = '-';

export const inputOf = (name: string): Input => ({ name, stem: stemOf(name) });

function stemOf(name: string): string {
  if (name === STDIN) return 'stdin';
  if (!isWebAddress(name)) return parse(name).name;
  // Without its query, and without what is no name of a file.
  const path = URL.canParse(name) ? new URL(name).pathname : '';
  return posix.parse(path).name.replace(/[^\w.-]/g, '_') || 'image';
}

/**
 * The bytes of an image or a .npy file.
 * @throws {CamError} BAD_IMAGE or BAD_TENSOR when it cannot be read, NOT_DOWNLOADED when it may not be.
 */
export async function readInput(
  { name }: Input,
  io: IO,
  commands: readonly string[],
  { offline }: Pick<Given, 'offline'>,
): Promise<ImageInput> {
  if (name === STDIN) return io.stdin();
  if (offline && isWebAddress(name))
    throw new CamError(
      'NOT_DOWNLOADED',
      'It is on the network, which --offline forbids. Pass the path of an image.',
    );
  const next = `Pass an image, or - for standard input.${didYouMean(name, commands)}`;
  const bytes = await readNamed(io.cwd, name, 'BAD_IMAGE', next);
  // Otherwise a damaged tensor would be reported as an unknown image.
  if (name.toLowerCase().endsWith('.npy')) readNpyNumbers(bytes);
  return bytes;
}

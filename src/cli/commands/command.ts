import type { Given } from '../../options/index.ts';
import type { IO } from '../io.ts';
import type { Library } from '../library.ts';
import type { WrittenOptions } from '../parse.ts';

/** Runs a command and returns its exit code. */
export type RunCommand = (context: CommandContext) => Promise<number>;

export interface CommandContext {
  readonly operands: readonly string[];
  readonly settings: Given;
  /** The texts of the options on the command line. */
  readonly written: WrittenOptions;
  readonly io: IO;
  readonly library: () => Promise<Library>;
}

export interface Command {
  readonly usage: string;
  readonly about: string;
  readonly examples: readonly (readonly [line: string, about: string])[];
  /** Imported on demand, to keep help fast. */
  readonly load: () => Promise<RunCommand>;
}

import type { OptionName, Settings } from '../../options/options.ts';
import type { IO } from '../io.ts';
import type { Library } from '../library.ts';

export const COMMAND_NAMES = ['explain', 'compare', 'inspect', 'methods', 'serve'] as const;
export type CommandName = (typeof COMMAND_NAMES)[number];

/** Runs a command and gives its exit code. */
export type Run = (context: CommandContext) => Promise<number>;

export interface CommandContext {
  readonly operands: readonly string[];
  readonly settings: Readonly<Partial<Settings>>;
  readonly io: IO;
  readonly library: () => Promise<Library>;
}

export interface Command {
  readonly usage: string;
  readonly about: string;
  readonly examples: readonly (readonly [line: string, about: string])[];
  readonly options: readonly OptionName[];
  /** Imported when it is run: help has to be quick. */
  readonly load: () => Promise<Run>;
}

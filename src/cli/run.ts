import { readFile } from 'node:fs/promises';
import type { CommandName } from '../options/index.ts';
import type { CommandContext } from './commands/command.ts';
import { COMMANDS } from './commands/index.ts';
import { DONE, exitCodeOf } from './exit.ts';
import type { IO } from './io.ts';
import { type Library, loadLibrary } from './library.ts';
import { parseArguments } from './parse.ts';
import { terminal } from './terminal.ts';

/** Runs a command line and returns its exit code. Uses only files and `io`. */
export async function run(
  argv: readonly string[],
  io: IO,
  library: () => Promise<Library> = loadLibrary,
): Promise<number> {
  try {
    const { command, operands, settings, written } = await parseArguments(argv);
    if (settings.help) return await printText(io, await help(command, io));
    if (settings.version) return await printText(io, `${await version()}\n`);
    const context: CommandContext = { operands, settings, written, io, library };
    return await (
      await COMMANDS[command].load()
    )(context);
  } catch (error) {
    await terminal(io, { debug: argv.includes('--debug') }).complain(error);
    return exitCodeOf(error);
  }
}

async function help(command: CommandName, { stdout }: IO): Promise<string> {
  const { helpOn } = await import('./help.ts');
  return helpOn(command, stdout.columns);
}

async function version(): Promise<string> {
  const manifest = await readFile(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}

async function printText(io: IO, text: string): Promise<number> {
  await io.stdout.write(text);
  return DONE;
}

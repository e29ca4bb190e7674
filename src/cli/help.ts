import { type CommandName, OPTIONS, optionsOf } from '../options/index.ts';
import { COMMANDS, HUB_SEARCH } from './commands/index.ts';

/** Help for a command, from the tables: examples first, then the options by group. */
export async function helpOn(name: CommandName, columns: number): Promise<string> {
  const { default: yargs } = await import('yargs');
  const command = COMMANDS[name];
  const width = Math.max(...command.examples.map(([line]) => line.length));
  const examples = command.examples.map(([line, about]) => `  ${line.padEnd(width)}  # ${about}`);
  const usages = Object.values(COMMANDS).map(({ usage }) => `  ${usage}`);
  const head = [command.usage, '', command.about, '', ...examples].join('\n');
  const help = yargs().locale('en').help(false).version(false).wrap(Math.min(columns, 120)).usage(head);
  for (const option of optionsOf(name)) {
    const { group, alias, describe, reading, fallback } = OPTIONS[option];
    help.option(option, {
      group: `${group}:`,
      ...(alias && { alias }),
      describe: reading ? `${reading.sign}  ${describe}` : describe,
      ...(fallback && { defaultDescription: fallback }),
    });
  }
  if (name === 'explain') help.epilogue(['Commands:', ...usages, '', `Models: ${HUB_SEARCH}`].join('\n'));
  return `${await help.getHelp()}\n`;
}

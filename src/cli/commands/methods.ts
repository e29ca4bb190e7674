import { methodsJson } from '../../index.ts';
import { badOption } from '../../options/index.ts';
import { DONE } from '../exit.ts';
import { terminal } from '../terminal.ts';
import type { CommandContext } from './command.ts';

/** `camwasm methods`: the table of methods. */
export async function runMethods({ operands, settings, io }: CommandContext): Promise<number> {
  if (operands.length > 0) {
    throw badOption(undefined, `camwasm methods takes no arguments: it lists all methods.`);
  }
  const { result, style } = terminal(io, settings);
  const listing = methodsJson();
  if (settings.json) {
    await result(`${JSON.stringify(listing)}\n`);
    return DONE;
  }
  const width = Math.max(...listing.methods.map(({ id }) => id.length));
  for (const { id, about, when, cost, title, paper } of listing.methods) {
    await result(`${style('bold', id.padEnd(width))}  ${about}\n`);
    await result(`${' '.repeat(width)}  ${when}\n`);
    await result(`${' '.repeat(width)}  ${style('dim', `cost: ${cost}`)}\n`);
    await result(`${' '.repeat(width)}  ${style('dim', `${title}: ${paper}`)}\n`);
  }
  return DONE;
}

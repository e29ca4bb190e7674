import { CamError } from '../../errors.ts';
import { DONE } from '../exit.ts';
import { methodsJson } from '../../explain/json.ts';
import { terminal } from '../terminal.ts';
import type { CommandContext } from './command.ts';

/** `camwasm methods`: the table of methods. */
export async function methods({ operands, settings, io }: CommandContext): Promise<number> {
  if (operands.length > 0) {
    throw new CamError('BAD_OPTION', `camwasm methods takes no "${operands[0]}". It lists all methods.`);
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

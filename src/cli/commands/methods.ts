import { CamError } from '../../errors.ts';
import { METHODS } from '../../methods/index.ts';
import { DONE } from '../exit.ts';
import { SCHEMA } from '../json.ts';
import { terminal } from '../terminal.ts';
import type { CommandContext } from './index.ts';

/** `camwasm methods`: the table of methods. */
export async function methods({ operands, settings, io }: CommandContext): Promise<number> {
  if (operands.length > 0) {
    throw new CamError('BAD_OPTION', `camwasm methods takes no "${operands[0]}". It lists all methods.`);
  }
  const { result, style } = terminal(io, settings);
  const rows = Object.entries(METHODS).map(([id, { title, level, paper, about, needs }]) => ({
    id,
    title,
    level,
    about,
    paper,
    needs,
  }));
  if (settings.json) {
    await result(`${JSON.stringify({ schema: SCHEMA, methods: rows })}\n`);
    return DONE;
  }
  const width = Math.max(...rows.map(({ id }) => id.length));
  for (const { id, about, title, paper } of rows) {
    await result(`${style('bold', id.padEnd(width))}  ${about}\n`);
    await result(`${' '.repeat(width)}  ${style('dim', `${title}: ${paper}`)}\n`);
  }
  return DONE;
}

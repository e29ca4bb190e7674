import { resolve } from 'node:path';
import { CamError } from '../../errors.ts';
import type { Inspection } from '../../inspect.ts';
import { DONE } from '../exit.ts';
import { SCHEMA } from '../json.ts';
import { preprocessingOf } from '../request.ts';
import { terminal, type Terminal } from '../terminal.ts';
import type { CommandContext } from './index.ts';

/** `camwasm inspect <model.onnx>`: what is in a model; the built-in one when none is named. */
export async function inspect(context: CommandContext): Promise<number> {
  const { operands, settings, io } = context;
  const [model = settings.model, ...more] = operands;
  if (more.length > 0)
    throw new CamError('BAD_OPTION', `camwasm inspect takes one model, not also "${more[0]}".`);
  const library = await context.library();
  const inspection = await library.inspect(model === undefined ? undefined : resolve(io.cwd, model), {
    ...(settings.threads !== undefined && { threads: settings.threads }),
    preprocessing: preprocessingOf(settings),
  });
  const out = terminal(io, settings);
  await out.result(
    settings.json
      ? `${JSON.stringify({ schema: SCHEMA, model: model ?? null, ...inspection })}\n`
      : page(inspection, out.style),
  );
  return DONE;
}

function page(inspection: Inspection, style: Terminal['style']): string {
  const { inputs, outputs, opset, operators, layers, unsupported } = inspection;
  const port = ({ name, type, dims }: Inspection['inputs'][number]) => [
    name,
    `${type ?? '?'} ${shape(dims)}`,
  ];
  const count = (op: string) => [op, String(operators[op])];
  const sections: [heading: string, rows: string[][]][] = [
    ['Inputs', inputs.map(port)],
    ['Outputs', outputs.map(port)],
    [`Operators (opset ${opset})`, Object.keys(operators).map(count)],
    [
      'Layers (* is chosen by itself)',
      layers.map(({ name, op, dims, automatic }) => [`${automatic ? '*' : ' '} ${name}`, op, shape(dims)]),
    ],
    ['Operators without a gradient', unsupported.length > 0 ? unsupported.map(count) : [['none']]],
  ];
  return sections
    .map(([heading, rows]) => `${style('bold', heading)}\n${table(rows.length > 0 ? rows : [['none']])}`)
    .join('\n');
}

const shape = (dims: Inspection['inputs'][number]['dims']): string =>
  dims === undefined ? 'of unknown shape' : `[${dims.map((size) => (size === '' ? '?' : size)).join(', ')}]`;

function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows
    .map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column])).join('  ')}`.trimEnd() + '\n')
    .join('');
}

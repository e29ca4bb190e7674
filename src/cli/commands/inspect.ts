import { resolve } from 'node:path';
import { CamError } from '../../errors.ts';
import type { Inspection, LayerInfo } from '../../explain/inspect.ts';
import type { Port } from '../../onnx/model.ts';
import { DONE } from '../exit.ts';
import { SCHEMA } from '../../explain/json.ts';
import { preprocessingOf } from '../request.ts';
import { terminal, type Terminal } from '../terminal.ts';
import type { CommandContext } from './command.ts';

/** `camwasm inspect <model.onnx>`: what is in a model; the built-in one when none is named. */
export async function inspect(context: CommandContext): Promise<number> {
  const { operands, settings, io } = context;
  const [model = settings.model, ...more] = operands;
  if (more.length > 0)
    throw new CamError('BAD_OPTION', `camwasm inspect takes one model, not also "${more[0]}".`);
  const { 'image-input': imageInput, 'output-name': output } = settings;
  const library = await context.library();
  const inspection = await library.inspect(model === undefined ? undefined : resolve(io.cwd, model), {
    ...(settings.threads !== undefined && { threads: settings.threads }),
    ...(imageInput !== undefined && { imageInput }),
    ...(output !== undefined && { output }),
    ...(settings.tokens && { tokens: settings.tokens }),
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

type Section = readonly [heading: string, rows: readonly (readonly string[])[]];

function page(inspection: Inspection, style: Terminal['style']): string {
  return [...stated(inspection), ...found(inspection)]
    .map(([heading, rows]) => `${style('bold', heading)}\n${table(rows.length > 0 ? rows : [['none']])}`)
    .join('\n');
}

/** What the file says. */
function stated({ inputs, outputs, opset, operators, parameters }: Inspection): Section[] {
  const port = ({ name, type, dims }: Port) => [name, `${type ?? '?'} ${shape(dims)}`];
  return [
    ['Inputs', inputs.map(port)],
    ['Outputs', outputs.map(port)],
    [
      `Operators (opset ${opset}, ${amount(parameters)} parameters)`,
      Object.entries(operators).map(([op, count]) => [op, String(count)]),
    ],
  ];
}

/** What came out of running it. */
function found(inspection: Inspection): Section[] {
  const { operators, layers, automatic, unsupported, problem } = inspection;
  if (problem !== null) return [['This model cannot be explained', [[problem]]]];
  return [
    ['Explained', explainedRows(inspection)],
    [`Layers${automatic ? ` (* is chosen by itself: ${automatic.why})` : ''}`, layers.map(layerRow)],
    ['No gradient gets through', barrierRows(inspection)],
    ['Operators without a gradient', unsupported.map((op) => [op, String(operators[op])])],
  ];
}

function explainedRows({ explained }: Inspection): string[][] {
  if (!explained) return [];
  const { output, logits, dims, classes, positions, link } = explained;
  const what = link ? `${logits}, before the ${link} of ${output}` : output;
  const each = positions > 1 ? ` at ${positions} positions` : '';
  return [[what, shape(dims), `${classes} classes${each}`]];
}

const layerRow = ({ name, op, dims, layout, automatic, gradient }: LayerInfo): string[] => [
  `${automatic ? '*' : ' '} ${name}`,
  op,
  shape(dims),
  lie(layout),
  gradient ? '' : 'no gradient',
];

/** `nchw`, or the grid of tokens as --tokens takes it. */
const lie = ({ kind, height, width, prefix }: LayerInfo['layout']): string =>
  kind === 'tokens' ? `tokens ${height}x${width}${prefix > 0 ? `+${prefix}` : ''}` : kind;

function barrierRows({ barriers, inputGradient }: Inspection): string[][] {
  if (barriers.length === 0 && inputGradient) return [['nothing: all layers and the input are reached']];
  const rows = barriers.map(({ node, why, from }) => [
    `${node}  ${why}${from === null ? '' : ` Gradients exist from ${from} on.`}`,
  ]);
  return inputGradient ? rows : [...rows, ['No gradient reaches the input: no saliency and its kind.']];
}

const shape = (dims: Port['dims']): string =>
  dims === undefined ? 'of unknown shape' : `[${dims.map((size) => (size === '' ? '?' : size)).join(', ')}]`;

/** Three digits are enough to tell a model by. */
const amount = (count: number): string =>
  new Intl.NumberFormat('en', {
    notation: 'compact',
    compactDisplay: 'long',
    maximumSignificantDigits: 3,
  }).format(count);

function table(rows: Section[1]): string {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows
    .map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column])).join('  ')}`.trimEnd() + '\n')
    .join('');
}

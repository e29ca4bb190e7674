import { type Explained, type Inspection, type Port, SCHEMA } from '../../index.ts';
import { badOption, inFlags, librarySettings } from '../../options/index.ts';
import { DONE } from '../exit.ts';
import { dimsText, layerRows } from '../layer-rows.ts';
import { modelArgument } from '../model-argument.ts';
import { nextCommands } from '../next-commands.ts';
import { preprocessingLines } from '../preprocessing.ts';
import { loadOptionsOf } from '../request.ts';
import { columnsOf } from '../table.ts';
import { type Terminal, terminal } from '../terminal.ts';
import type { CommandContext } from './command.ts';

/** `camwasm inspect <model.onnx>`: a model's contents; by default, the built-in one. */
export async function runInspect(context: CommandContext): Promise<number> {
  const { operands, settings, io } = context;
  const [model = settings.model, ...more] = operands;
  if (more.length > 0) throw badOption(undefined, `camwasm inspect takes one model. Remove "${more[0]}".`);
  const library = await context.library();
  const out = terminal(io, settings);
  const named = await modelArgument(model, { io, settings, library, out });
  const inspection = await library.inspect(named.model, {
    ...loadOptionsOf(settings, io.cwd),
    ...named.options,
    ...librarySettings(settings, 'explain'),
  });
  await out.result(
    settings.json
      ? `${JSON.stringify({ schema: SCHEMA, model: model ?? null, ...inspection })}\n`
      : page(inspection, settings.expand === true, out.style) +
          tries(nextCommands(inspection, model, context.written), out.style),
  );
  return DONE;
}

type Section = readonly [heading: string, rows: readonly (readonly string[])[]];

function page(inspection: Inspection, expand: boolean, style: Terminal['style']): string {
  return [...declaredRows(inspection), ...foundRows(inspection, expand)]
    .map(([heading, rows]) => `${style('bold', heading)}\n${columnsOf(rows.length > 0 ? rows : [['none']])}`)
    .join('\n');
}

/** What to type next; nothing for a model that cannot be explained. */
const tries = (commands: readonly (readonly [line: string, about: string])[], style: Terminal['style']) =>
  commands.length === 0
    ? ''
    : `\n${style('bold', 'Try')}\n${columnsOf(commands.map(([line, about]) => [line, `# ${about}`]))}`;

/** The part known from the file. */
function declaredRows(inspection: Inspection): Section[] {
  const { inputs, outputs, opset, operators, parameters } = inspection;
  const port = ({ name, type, dims }: Port) => [name, `${type ?? '?'} ${dimsText(dims)}`];
  return [
    ['Inputs', inputs.map(port)],
    ['Outputs', outputs.map(port)],
    ...preprocessingSection(inspection),
    [
      `Operators (opset ${opset}, ${amount(parameters)} parameters)`,
      Object.entries(operators).map(([op, count]) => [op, String(count)]),
    ],
  ];
}

function preprocessingSection({ preprocessing, preprocessingSources }: Inspection): Section[] {
  if (!preprocessing || !preprocessingSources) return [];
  return [['Preprocessing', preprocessingLines(preprocessing, preprocessingSources).map((line) => [line])]];
}

const operatorCounts = (operators: Inspection['operators'], named: readonly string[]): string[][] =>
  Object.entries(operators)
    .filter(([op]) => named.includes(op))
    .map(([op, count]) => [op, String(count)]);

/** The part known after a run. */
function foundRows(inspection: Inspection, expand: boolean): Section[] {
  const { operators, unsupported, problem } = inspection;
  if (problem !== null) return [['This model cannot be explained', [[problem]]]];
  return [
    ['Explained', explainedRows(inspection)],
    [layersHeading(inspection, expand), layerRows(inspection, expand)],
    ['Nodes that block gradients', barrierRows(inspection)],
    ['Operators without a gradient', operatorCounts(operators, unsupported)],
  ];
}

function layersHeading({ automatic, modules }: Inspection, expand: boolean): string {
  const title = modules.length === 0 || expand ? 'Layers' : 'Layers by module; --expand lists all';
  return automatic ? `${title} (* is the default: ${automatic.why})` : title;
}

function explainedRows({ explained }: Inspection): string[][] {
  if (!explained) return [];
  const { output, problem, kind, logits, dims, link } = explained;
  const what = link ? `${logits}, before the ${link} of ${output}` : output;
  return [[what, dimsText(dims), problem === null ? CONTENTS[kind](explained) : inFlags(problem)]];
}

const CONTENTS: Readonly<Record<Explained['kind'], (explained: Explained) => string>> = {
  classes: ({ classes, positions, activation }) =>
    `${classes} classes${positions > 1 ? ` at ${positions} positions` : ''}${activation === 'none' ? ' without probabilities' : ''}`,
  detections: ({ classes, positions }) => `a detector of ${classes} classes with ${positions} candidates`,
  mask: ({ positions }) => `one mask of ${positions} positions`,
  values: ({ classes, positions }) => `${classes * positions} values`,
};

function barrierRows({ barriers, inputGradient }: Inspection): string[][] {
  if (barriers.length === 0 && inputGradient) return [['none: gradients reach all layers and the input']];
  const rows = barriers.map(({ node, why, from }) => [
    `${node}  ${why}${from === null ? '' : ` Gradients reach ${from}.`}`,
  ]);
  return inputGradient
    ? rows
    : [...rows, ['Gradients do not reach the input, so saliency methods do not work.']];
}

/** Three significant digits. */
const amount = (count: number): string =>
  new Intl.NumberFormat('en', {
    notation: 'compact',
    compactDisplay: 'long',
    maximumSignificantDigits: 3,
  }).format(count);

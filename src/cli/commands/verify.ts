import { SCHEMA, type Verification } from '../../index.ts';
import { badOption, COMMAND_NAMES, type Given, layerNames, librarySettings } from '../../options/index.ts';
import { DONE, FAILED } from '../exit.ts';
import { inputOf, readInput } from '../inputs.ts';
import { modelArgument } from '../model-argument.ts';
import { loadOptionsOf, readInputs } from '../request.ts';
import { columnsOf } from '../table.ts';
import { type Terminal, terminal } from '../terminal.ts';
import type { CommandContext } from './command.ts';

/** `camwasm verify <model.onnx> [image]`: gradients against differences of the model; by default, the built-in one. */
export async function runVerify(context: CommandContext): Promise<number> {
  const { operands, settings, io } = context;
  const [model, image, ...more] = settings.model === undefined ? operands : [settings.model, ...operands];
  if (more.length > 0)
    throw badOption(undefined, `camwasm verify takes one model and one image. Remove "${more[0]}".`);
  const target = targetFrom(settings);
  const layer = layerNames(settings, []);
  const out = terminal(io, settings);
  const library = await context.library();
  const named = await modelArgument(model, { io, settings, library, out });
  const found = await library.verify(
    named.model,
    image === undefined ? undefined : await readInput(inputOf(image), io, COMMAND_NAMES, settings),
    {
      ...loadOptionsOf(settings, io.cwd),
      ...named.options,
      ...librarySettings(settings, 'explain'),
      ...librarySettings(settings, 'verify'),
      ...target,
      ...(layer && { layer }),
      ...(settings.input && { inputs: await readInputs(settings.input, io.cwd) }),
      signal: io.signal,
    },
  );
  const file = { model: model ?? null, image: image ?? null };
  await out.result(
    settings.json
      ? `${JSON.stringify({ schema: SCHEMA, ...file, ...found })}\n`
      : verificationTable(found, out.style),
  );
  return found.ok ? DONE : FAILED;
}

/** The one class or target. */
function targetFrom({ class: classes = [], target: targets = [] }: Given): {
  class?: string;
  target?: string;
} {
  const [one, other] = [...classes, ...targets];
  if (other !== undefined)
    throw badOption('class', `camwasm verify takes one class or target. Remove "${other}".`);
  if (one === undefined) return {};
  return classes.length > 0 ? { class: one } : { target: one };
}

function verificationTable(
  { target, score, gradients, missing, optimizer, ok }: Verification,
  style: Terminal['style'],
): string {
  const share = (value: number) => value.toExponential(1);
  const amount = (value: number) => String(Number(value.toPrecision(5)));
  const heads = ['at', 'value', 'direction', 'predicted', 'measured', 'difference', ''];
  const compared = gradients.map(({ at, name, direction, predicted, measured, difference, verdict }) => [
    at,
    name,
    direction,
    amount(predicted),
    amount(measured),
    share(difference),
    verdict,
  ]);
  const sections: [string, string[][]][] = [
    [`Gradients of ${target} = ${amount(score)}, times a direction`, [heads, ...compared]],
    ['Without a gradient', missing.map(({ at, name, why }) => [at, name, why])],
    [
      "Values with onnxruntime-web's optimizer against values without it",
      optimizer.map(({ name, difference, verdict }) => [name, share(difference), verdict]),
    ],
  ];
  const verdict = ok ? 'No gradient is wrong.' : 'Some gradients are wrong: see mismatch.';
  return `${sections
    .filter(([, rows]) => rows.length > 0)
    .map(([heading, rows]) => `${style('bold', heading)}\n${columnsOf(rows)}`)
    .join('\n')}\n${verdict}\n`;
}

import { stat } from 'node:fs/promises';
import { extname, join, resolve } from 'node:path';
import type { ExplainReport } from '../../index.ts';
import { badOption, classesFor, COMMAND_NAMES, type Given, librarySettings } from '../../options/index.ts';
import { writeFile } from '../files.ts';
import { guard } from '../guard.ts';
import { type Input, readInput, STDIN } from '../inputs.ts';
import type { IO } from '../io.ts';
import { isFolderName } from '../outputs.ts';
import type { Job } from '../plan.ts';
import { explainOptionsOf, jobsOf, loadOptionsOf } from '../request.ts';
import { htmlSheet } from '../sheet/html.ts';
import { pngSheet } from '../sheet/png.ts';
import { colorBarOf, type Sheet, sheetOf } from '../sheet/sheet.ts';
import { reportProblems } from '../summary.ts';
import { percent, type Terminal, terminal } from '../terminal.ts';
import type { CommandContext } from './command.ts';

/** Sheet writers by file extension. */
const SHEETS: Readonly<Record<string, (sheet: Sheet) => Promise<Uint8Array | string>>> = {
  '.png': pngSheet,
  '.html': htmlSheet,
};

/** `camwasm compare <image>`: one contact sheet, with classes as rows and methods as columns. */
export async function runCompare(context: CommandContext): Promise<number> {
  const { operands, io } = context;
  const settings = asExplained(context.settings);
  const out = terminal(io, settings);
  const started = performance.now();
  const { input, ...job } = jobFor(settings, operands);
  const path = await pathFor(settings, input, io);
  const draw = drawerFor(path);
  const loadOptions = loadOptionsOf(settings, io.cwd);
  const library = await context.library();
  const { model: file } = settings;
  const model = await library.load(file === undefined ? undefined : resolve(io.cwd, file), loadOptions);
  try {
    for (const warning of model.warnings) await out.warn(warning);
    const classes = classesFor(settings, model.labels).filter((index) => index !== undefined);
    const chosen = settings.class ? { classes } : {};
    const options = await explainOptionsOf(settings, model.info.values, chosen, io.cwd);
    const inputs = [input.name === STDIN ? [] : input.name, settings.labels ?? []].flat();
    const tensors = (settings.input ?? []).map((given) => given.file);
    const claim = await guard(io.cwd, [...inputs, ...model.files, ...tensors]);
    if (path !== STDOUT) await claim(path);
    out.progress.image(input.name, 1, 1);
    const image = await readInput(input, io, COMMAND_NAMES);
    const report = await model.explainAll(image, {
      ...options,
      method: job.methods,
      signal: io.signal,
      onProgress: out.progress.update,
    });
    if (report.explanations.length > 0) {
      const overlay = librarySettings(settings, 'overlay');
      const sheet = await sheetOf(titleOf(input, file, report), report, overlay, colorBarOf(settings));
      const drawn = await draw(sheet);
      if (path === STDOUT) await out.result(drawn);
      else {
        await writeFile(resolve(io.cwd, path), drawn);
        const seconds = (performance.now() - started) / 1000;
        if (!settings.quiet) await out.result(summaryOf(input, sheet, path, seconds, out.style));
      }
    }
    const { explanations, failures } = report;
    return await reportProblems(
      out,
      { ...job, input },
      explanations,
      failures,
      ({ method, target }) => `${input.name}: ${method} of ${target.label}`,
    );
  } finally {
    await out.progress.clear();
    await model.close();
  }
}

/** --methods and --classes as options of `camwasm <image>`. */
function asExplained({ methods = ['all'], classes, ...settings }: Given): Given {
  const [, top] = /^top(\d+)$/i.exec(classes ?? '') ?? [];
  if (top !== undefined && Number(top) === 0)
    throw badOption(undefined, '--classes top0 selects no class. Use top1 or higher.');
  return {
    ...settings,
    method: methods,
    ...(top !== undefined ? { top: Number(top) } : classes !== undefined && { class: [classes] }),
  };
}

function jobFor(settings: Given, operands: readonly string[]): Job & { readonly input: Input } {
  if (operands.length > 1)
    throw badOption(undefined, `camwasm compare takes one image. Remove "${operands[1]}".`);
  const [{ input, ...job }, made] = jobsOf(settings, operands);
  if (!input || made)
    throw badOption(
      undefined,
      `${(made ?? job).methods[0]} takes no image, but a sheet shows one. Remove it.`,
    );
  return { ...job, input };
}

const STDOUT = '-';

/** Destination of the sheet: a file, a file in a folder, or standard output. */
async function pathFor({ output }: Given, { stem }: Input, io: IO): Promise<string> {
  const usual = `${stem}.compare.png`;
  if (output === undefined) return usual;
  if (output === STDOUT) {
    if (!io.stdout.isTTY) return output;
    throw badOption(
      undefined,
      'PNG bytes would garble the terminal. Redirect standard output, or pass a file to -o.',
    );
  }
  const found = await stat(resolve(io.cwd, output)).catch(() => undefined);
  const isFolder = isFolderName(output) || found?.isDirectory();
  return isFolder ? join(output, usual) : output;
}

function drawerFor(path: string): (sheet: Sheet) => Promise<Uint8Array | string> {
  const draw = path === STDOUT ? pngSheet : SHEETS[extname(path).toLowerCase()];
  if (draw) return draw;
  throw badOption(undefined, `A sheet is a .png or .html file, not "${path}". Change -o.`);
}

/** `golf-ball.jpg  3 classes, 12 methods → golf-ball.compare.png (1.42 s)` */
function summaryOf(
  { name }: Input,
  { rows, columns }: Sheet,
  path: string,
  seconds: number,
  style: Terminal['style'],
): string {
  const size = `${countText(rows.length, 'class', 'classes')}, ${countText(columns.length, 'method', 'methods')}`;
  return `${name}  ${size} → ${style('cyan', path)} ${style('dim', `(${seconds.toFixed(2)} s)`)}\n`;
}

function titleOf({ name }: Input, model: string | undefined, { prediction }: ExplainReport): string {
  const [best] = prediction;
  const seen = best
    ? `: ${best.label}${best.probability === undefined ? '' : `, ${percent(best.probability)}`}`
    : '';
  return `${name}${seen}${model === undefined ? '' : ` (${model})`}`;
}

const countText = (count: number, one: string, many: string): string =>
  `${count} ${count === 1 ? one : many}`;

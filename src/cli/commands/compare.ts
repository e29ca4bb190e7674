import { stat } from 'node:fs/promises';
import { extname, join, resolve } from 'node:path';
import { type ExplainReport, type MethodId, METHODS } from '../../index.ts';
import {
  badOption,
  CamError,
  classesFor,
  COMMAND_NAMES,
  type Given,
  librarySettings,
} from '../../options/index.ts';
import { type ClassNames, classNames } from '../class-names.ts';
import { exitCodeOf } from '../exit.ts';
import { writeFile } from '../files.ts';
import { guard } from '../guard.ts';
import { type Input, readInput, STDIN } from '../inputs.ts';
import type { IO } from '../io.ts';
import { modelArgument } from '../model-argument.ts';
import { isFolderName } from '../outputs.ts';
import type { Job } from '../plan.ts';
import { explainOptionsOf, jobsOf, loadOptionsOf } from '../request.ts';
import { htmlSheet } from '../sheet/html.ts';
import { pngSheet } from '../sheet/png.ts';
import { colorBarOf, type Sheet, sheetOf } from '../sheet/sheet.ts';
import { guesses, reportProblems } from '../summary.ts';
import { percent, type Terminal, terminal } from '../terminal.ts';
import type { CommandContext } from './command.ts';

/** Sheet writers by file extension. */
const SHEETS: ReadonlyMap<string, (sheet: Sheet) => Promise<Uint8Array | string>> = new Map<
  string,
  (sheet: Sheet) => Promise<Uint8Array | string>
>([
  ['.png', pngSheet],
  ['.html', htmlSheet],
]);

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
  const named = await modelArgument(file, { io, settings, library, out });
  const model = await library.load(named.model, { ...loadOptions, ...named.options });
  const className = classNames(model.labels);
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
    const image = await readInput(input, io, COMMAND_NAMES, settings);
    const reports: ExplainReport[] = [];
    let stopped: CamError | undefined;
    for (const methods of callsFor(job.methods)) {
      try {
        const { signal } = io;
        const onProgress = out.progress.update;
        reports.push(await model.explainAll(image, { ...options, method: methods, signal, onProgress }));
      } catch (error) {
        if (!(error instanceof CamError) || error.code !== 'ABORTED' || reports.length === 0) throw error;
        stopped = error;
        break;
      }
    }
    const report = joinedReports(reports, job.methods);
    if (report.explanations.length > 0) {
      const overlay = librarySettings(settings, 'overlay');
      const sheet = await sheetOf(titleOf(input, file, report, className), report, {
        overlay,
        bar: colorBarOf(settings),
        className,
      });
      const drawn = await draw(sheet);
      if (path === STDOUT) await out.result(drawn);
      else {
        await writeFile(resolve(io.cwd, path), drawn);
        const seconds = (performance.now() - started) / 1000;
        if (!settings.quiet) await out.result(summaryOf(input, sheet, path, seconds, out.style));
      }
    }
    const { explanations, failures } = report;
    const code = await reportProblems(
      out,
      { ...job, input },
      explanations,
      failures,
      ({ method, target }) => `${input.name}: ${method} of ${className(target)}`,
    );
    if (!stopped) return code;
    await out.complain(stopped, `${input.name}: the sheet lacks the methods that were not finished`);
    return exitCodeOf(stopped);
  } finally {
    await out.progress.clear();
    await model.close();
  }
}

/** Methods by call: those that share their runs together, and each other method by itself, so that stopping one keeps the rest. */
function callsFor(methods: readonly MethodId[]): readonly (readonly MethodId[])[] {
  const shared = methods.filter((id) => METHODS[id].shared);
  const others = methods.filter((id) => !METHODS[id].shared).map((id) => [id]);
  return shared.length > 0 ? [shared, ...others] : others;
}

/** The reports of several calls for one image, as one call would have given them. */
function joinedReports(reports: readonly ExplainReport[], methods: readonly MethodId[]): ExplainReport {
  const inOrder = <Result extends { readonly method: MethodId }>(results: readonly Result[]) =>
    results.toSorted((a, b) => methods.indexOf(a.method) - methods.indexOf(b.method));
  return {
    ...reports[0],
    explanations: inOrder(reports.flatMap(({ explanations }) => explanations)),
    failures: inOrder(reports.flatMap(({ failures }) => failures)),
  };
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
  const draw = path === STDOUT ? pngSheet : SHEETS.get(extname(path).toLowerCase());
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

function titleOf(
  { name }: Input,
  model: string | undefined,
  { prediction, confident }: ExplainReport,
  className: ClassNames,
): string {
  const [best] = prediction;
  const amount = best?.probability === undefined ? '' : `, ${percent(best.probability)}`;
  const seen =
    confident === false ? `unsure: ${guesses(prediction, className)}` : best && `${className(best)}${amount}`;
  return `${name}${seen === undefined ? '' : `: ${seen}`}${model === undefined ? '' : ` (${model})`}`;
}

const countText = (count: number, one: string, many: string): string =>
  `${count} ${count === 1 ? one : many}`;

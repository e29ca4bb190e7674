import { stat } from 'node:fs/promises';
import { extname, join, resolve, sep } from 'node:path';
import { CamError } from '../../errors.ts';
import { DEFAULT_COLORMAP } from '../../image/colormaps.ts';
import type { Report } from '../../index.ts';
import { writeFile } from '../../platform/files.ts';
import { explainOptionsOf } from '../asking.ts';
import { besideLine, isBeside } from '../beside.ts';
import { classesOf } from '../../options/choices.ts';
import { DONE, exitCodeOf } from '../exit.ts';
import { guard } from '../guard.ts';
import { readInput, STDIN, type Input } from '../inputs.ts';
import type { IO } from '../io.ts';
import type { Settings } from '../../options/options.ts';
import type { Job } from '../plan.ts';
import { jobsOf, loadOptionsOf } from '../request.ts';
import { htmlSheet } from '../sheet/html.ts';
import { pngSheet } from '../sheet/png.ts';
import { sheetOf, type Bar, type Sheet } from '../sheet/sheet.ts';
import { terminal, type Terminal } from '../terminal.ts';
import { COMMAND_NAMES, type CommandContext } from './command.ts';

type Given = Readonly<Partial<Settings>>;

/** The kinds of sheet, by the extension of its file. */
const SHEETS: Readonly<Record<string, (sheet: Sheet) => Promise<Uint8Array | string>>> = {
  '.png': pngSheet,
  '.html': htmlSheet,
};

/** `camwasm compare <image>`: one contact sheet, classes down and methods across. */
export async function compare(context: CommandContext): Promise<number> {
  const { operands, io } = context;
  const settings = asExplained(context.settings);
  const out = terminal(io, settings);
  const started = performance.now();
  const { input, ...job } = jobFor(settings, operands);
  const path = await pathFor(settings, input, io);
  const draw = drawerFor(path);
  const loadOptions = await loadOptionsOf(settings, io.cwd);
  const library = await context.library();
  const { model: file } = settings;
  const model = await library.load(file === undefined ? undefined : resolve(io.cwd, file), loadOptions);
  try {
    for (const warning of model.warnings) await out.warn(warning);
    const classes = classesOf(settings, model.labels);
    const options = await explainOptionsOf(settings, model, classes, undefined, io.cwd);
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
      const sheet = await sheetOf(titleOf(input, file, report), report, settings, barOf(settings));
      const drawn = await draw(sheet);
      if (path === STDOUT) await out.result(drawn);
      else {
        await writeFile(resolve(io.cwd, path), drawn);
        const seconds = (performance.now() - started) / 1000;
        if (!settings.quiet) await out.result(summaryOf(input, sheet, path, seconds, out.style));
      }
    }
    return await tell(out, { ...job, input }, report);
  } finally {
    await out.progress.clear();
    await model.close();
  }
}

/** --methods and --classes as `camwasm <image>` would say them. */
function asExplained({ methods = ['all'], classes, ...settings }: Given): Given {
  const [, top] = /^top(\d+)$/i.exec(classes ?? '') ?? [];
  if (top !== undefined && Number(top) === 0) throw bad('--classes top0 is no class. Write top1 or more.');
  return {
    ...settings,
    method: methods,
    ...(top !== undefined ? { top: Number(top) } : classes !== undefined && { class: [classes] }),
  };
}

function jobFor(settings: Given, operands: readonly string[]): Job & { readonly input: Input } {
  if (operands.length > 1) throw bad(`camwasm compare takes one image, not also "${operands[1]}".`);
  const [{ input, ...job }, made] = jobsOf(settings, operands);
  if (!input || made)
    throw bad(`${(made ?? job).methods[0]} looks at no image, and a sheet is about one. Leave it out.`);
  return { ...job, input };
}

const STDOUT = '-';

/** Where the sheet goes: a file, a file in a folder, or standard output. */
async function pathFor({ output }: Given, { stem }: Input, io: IO): Promise<string> {
  const usual = `${stem}.compare.png`;
  if (output === undefined) return usual;
  if (output === STDOUT) {
    if (!io.stdout.isTTY) return output;
    throw bad('A png file on a terminal helps nobody. Redirect standard output, or give -o a file.');
  }
  const found = await stat(resolve(io.cwd, output)).catch(() => undefined);
  const isFolder = output.endsWith('/') || output.endsWith(sep) || found?.isDirectory();
  return isFolder ? join(output, usual) : output;
}

function drawerFor(path: string): (sheet: Sheet) => Promise<Uint8Array | string> {
  const draw = path === STDOUT ? pngSheet : SHEETS[extname(path).toLowerCase()];
  if (draw) return draw;
  throw bad(`A sheet is a .png or a .html file, not "${path}". Give -o one of them.`);
}

/** `golf-ball.jpg  3 classes, 12 methods → golf-ball.compare.png (1.42 s)` */
function summaryOf(
  { name }: Input,
  { rows, columns }: Sheet,
  path: string,
  seconds: number,
  style: Terminal['style'],
): string {
  const size = `${counted(rows.length, 'class', 'classes')}, ${counted(columns.length, 'method', 'methods')}`;
  return `${name}  ${size} → ${style('cyan', path)} ${style('dim', `(${seconds.toFixed(2)} s)`)}\n`;
}

function titleOf({ name }: Input, model: string | undefined, { prediction }: Report): string {
  const [best] = prediction;
  const seen = best ? `: ${best.label}, ${(100 * best.probability).toFixed(1)} %` : '';
  return `${name}${seen}${model === undefined ? '' : ` (${model})`}`;
}

const barOf = ({ signed, colormap }: Given): Bar =>
  signed
    ? { colormap: colormap ?? 'coolwarm', low: 'speaks against', high: 'speaks for' }
    : { colormap: colormap ?? DEFAULT_COLORMAP, low: 'matters least', high: 'matters most' };

async function tell(out: Terminal, job: Job, { explanations, failures }: Report): Promise<number> {
  const beside = failures.filter((failure) => isBeside(job, failure, explanations.length));
  const serious = failures.filter((failure) => !beside.includes(failure));
  const about = (method: string, label: string) => `${job.input!.name}: ${method} of ${label}`;
  for (const { method, target, warnings } of explanations)
    for (const warning of warnings) await out.warn(`${about(method, target.label)}: ${warning}`);
  for (const { method, target, error } of beside)
    await out.detail(`  ${about(method, target.label)}: ${error.message}`);
  for (const { method, target, error } of serious) await out.complain(error, about(method, target.label));
  if (beside.length > 0) await out.note(besideLine(job.input!.name, beside));
  return Math.max(DONE, ...serious.map(({ error }) => exitCodeOf(error)));
}

const counted = (count: number, one: string, many: string): string => `${count} ${count === 1 ? one : many}`;

const bad = (message: string): CamError => new CamError('BAD_OPTION', message);

import { stat } from 'node:fs/promises';
import { extname, join, resolve, sep } from 'node:path';
import { CamError } from '../errors.ts';
import type { Explanation, MethodId } from '../index.ts';
import { METHODS } from '../methods/index.ts';
import type { Guard } from './guard.ts';
import type { Input } from './inputs.ts';
import type { IO } from './io.ts';
import { FORMATS, type Format, type Settings } from '../options/options.ts';
import type { Destination, Job, Plan } from './plan.ts';
import { targetName, type TargetName } from './targets.ts';
import { tensorPaths } from './tensors.ts';

/** @throws CamError BAD_OPTION where -o, -f and the terminal contradict each other. */
export async function destinationOf(settings: Readonly<Partial<Settings>>, io: IO): Promise<Destination> {
  const { output, format, raw, json, 'save-tensors': tensors } = settings;
  const usual = format ?? (raw ? 'npy' : 'png');
  if (output === undefined) return { kind: 'folder', path: '', format: usual };
  if (output === '-') {
    if (json) throw bad('--json and -o - both want standard output. Give -o a file or a folder.');
    if (io.stdout.isTTY && usual !== 'json')
      throw bad(`A ${usual} file on a terminal helps nobody. Redirect standard output, or give -o a file.`);
    return { kind: 'stdout', path: output, format: usual };
  }
  const found = await stat(resolve(io.cwd, output)).catch(() => undefined);
  const slashed = output.endsWith('/') || output.endsWith(sep);
  if (slashed && (await isFile(resolve(io.cwd, output))))
    throw bad(`"${output}" names a folder, but there is a file of that name. Choose another.`);
  const shared = tensors !== undefined && resolve(io.cwd, tensors) === resolve(io.cwd, output);
  if (slashed || shared || found?.isDirectory()) return { kind: 'folder', path: output, format: usual };
  return { kind: 'file', path: output, format: formatOf(output, format) ?? usual };
}

const isFile = async (path: string): Promise<boolean> =>
  (await stat(path).catch(() => undefined))?.isFile() ?? false;

function formatOf(path: string, asked: Format | undefined): Format | undefined {
  const extension = extname(path).slice(1).toLowerCase();
  const meant = extension === 'jpeg' ? 'jpg' : FORMATS.find((format) => format === extension);
  if (meant && asked && meant !== asked) {
    throw bad(`"${path}" ends in .${extension}, but --format says ${asked}. Change one of them.`);
  }
  if (!meant && !asked && extension !== '') {
    throw bad(`camwasm writes no .${extension} files. Choose ${FORMATS.join(', ')}, or say --format.`);
  }
  return meant ?? asked;
}

/** One result among those of a plan. */
export interface Result {
  readonly job: Job;
  readonly method: string;
  readonly class: TargetName | undefined;
  /** From 1, where a method gives several maps. */
  readonly map: number;
}

/** `<stem>.<method>[.<map>][.<class>].<format>`; what is made without an image always says its class. */
export function resultPath(plan: Plan, { job, method, class: index, map }: Result): string {
  const { destination, classes } = plan;
  if (destination.kind !== 'folder') return destination.path;
  const parts = [
    job.input?.stem,
    method,
    mapCount(plan, method) === 1 ? undefined : map,
    classes.length > 1 || job.input === undefined ? index : undefined,
    destination.format,
  ];
  return join(destination.path, parts.filter((part) => part !== undefined).join('.'));
}

/** How many maps a method gives for one class; undefined where only the model can tell. */
function mapCount({ raw, layers }: Plan, id: string): number | undefined {
  const method = METHODS[id as MethodId];
  if (!raw || method.level !== 'layer') return 1;
  return layers ?? (method.stages ? undefined : 1);
}

/** Every result of a job, as far as it is known before anything runs. */
const resultsOf = (plan: Plan, job: Job): Result[] =>
  job.methods.flatMap((method) =>
    plan.classes.flatMap((index) =>
      Array.from({ length: mapCount(plan, method) ?? 1 }, (_, i) => ({
        job,
        method,
        class: index,
        map: i + 1,
      })),
    ),
  );

/** Claims every path that can be known before anything runs. @throws CamError BAD_OPTION on any conflict. */
export async function claimOutputs(plan: Plan, claim: Guard): Promise<void> {
  const { destination, jobs } = plan;
  checkStems(jobs);
  const count = jobs.flatMap((job) => resultsOf(plan, job)).length;
  if (destination.kind !== 'folder' && count > 1) {
    const place = destination.kind === 'stdout' ? 'Standard output' : `"${destination.path}"`;
    throw bad(
      `${place} takes one result, and this asks for ${count}. Give -o a folder: a name that ends in /.`,
    );
  }
  const many = jobs.flatMap(({ methods }) => methods).find((id) => mapCount(plan, id) === undefined);
  if (destination.kind !== 'folder' && many !== undefined) {
    throw bad(
      `${many} gives a raw map for each resolution. Give -o a folder, or name one layer with --layer.`,
    );
  }
  if (!namesKnown(plan)) return;
  for (const job of jobs) await claimJob(plan, job, plan.classes, claim);
}

/** False where names need an index that only the model can tell. */
export const namesKnown = ({ classes }: Plan): boolean =>
  classes.length === 1 || classes.every((index) => index !== undefined);

/** Claims what one job writes for these classes. */
export async function claimJob(plan: Plan, job: Job, classes: Plan['classes'], claim: Guard): Promise<void> {
  if (plan.destination.kind !== 'stdout') {
    for (const result of resultsOf({ ...plan, classes }, job)) await claim(resultPath(plan, result));
  }
  if (plan.tensors === undefined) return;
  for (const index of classes) {
    for (const path of tensorPaths(plan, job, index)) await claim(path);
  }
}

/** Claims the further maps of methods that gave more than could be known. */
export async function claimFurther(
  plan: Plan,
  job: Job,
  explanations: readonly Explanation[],
  claim: Guard,
): Promise<void> {
  for (const { method, target, raw } of explanations) {
    if (mapCount(plan, method) !== undefined) continue;
    for (let map = 2; map <= raw.length; map++)
      await claim(resultPath(plan, { job, method, class: targetName(target), map }));
  }
}

function checkStems(jobs: readonly Job[]): void {
  const seen = new Map<string, Input>();
  for (const { input } of jobs) {
    if (!input) continue;
    const other = seen.get(input.stem);
    if (other) {
      throw bad(
        `"${other.name}" and "${input.name}" would write files of the same name, ${input.stem}.*. Explain them in two calls with two folders.`,
      );
    }
    seen.set(input.stem, input);
  }
}

const bad = (message: string): CamError => new CamError('BAD_OPTION', message);

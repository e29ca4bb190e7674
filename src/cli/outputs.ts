import { stat } from 'node:fs/promises';
import { extname, join, resolve, sep } from 'node:path';
import { badOption } from '../errors.ts';
import { type Explanation, type MethodId, METHODS } from '../index.ts';
import { type Format, FORMATS, type Given } from '../options/options.ts';
import type { Guard } from './guard.ts';
import type { Input } from './inputs.ts';
import type { IO } from './io.ts';
import type { Destination, Job, OutputPlan } from './plan.ts';
import { type TargetName, targetName } from './targets.ts';
import { tensorPaths } from './tensors.ts';

/** Whether the path is written as a folder. */
export const isFolderName = (path: string): boolean => path.endsWith('/') || path.endsWith(sep);

/** Where results go. @throws {CamError} BAD_OPTION when -o, -f and the terminal contradict each other. */
export async function destinationOf(settings: Given, io: IO): Promise<Destination> {
  const { output, format, raw, json, 'save-tensors': tensors } = settings;
  const usual = format ?? (raw ? 'npy' : 'png');
  if (output === undefined) return { kind: 'folder', path: '', format: usual };
  if (output === '-') {
    if (json)
      throw badOption(undefined, '--json and -o - both want standard output. Give -o a file or a folder.');
    if (io.stdout.isTTY && usual !== 'json')
      throw badOption(
        undefined,
        `A ${usual} file would garble the terminal. Redirect standard output, or give -o a file.`,
      );
    return { kind: 'stdout', path: output, format: usual };
  }
  const found = await stat(resolve(io.cwd, output)).catch(() => undefined);
  const slashed = isFolderName(output);
  if (slashed && (await isFile(resolve(io.cwd, output))))
    throw badOption(
      undefined,
      `"${output}" names a folder, but there is a file of that name. Choose another.`,
    );
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
    throw badOption(
      undefined,
      `"${path}" ends in .${extension}, but --format says ${asked}. Change one of them.`,
    );
  }
  if (!meant && !asked && extension !== '') {
    throw badOption(
      undefined,
      `camwasm does not write .${extension} files. Choose ${FORMATS.join(', ')}, or set --format.`,
    );
  }
  return meant ?? asked;
}

/** One result among those of a plan. */
export interface Result {
  readonly job: Job;
  readonly method: MethodId;
  readonly class: TargetName | undefined;
  /** From 1, where a method gives several maps. */
  readonly map: number;
}

/** `<stem>.<method>[.<map>][.<class>].<format>`; an image that a method made always has its class. */
export function resultPath(plan: OutputPlan, { job, method, class: index, map }: Result): string {
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

/** Number of maps of a method for one class; undefined where only the model knows. */
function mapCount({ raw, layers }: OutputPlan, id: MethodId): number | undefined {
  const method = METHODS[id];
  if (!raw || method.level !== 'layer') return 1;
  return layers ?? (method.stages ? undefined : 1);
}

/** Every result of a job that is known before anything runs. */
const knownResults = (plan: OutputPlan, job: Job): Result[] =>
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

/** Claims every path that is known before anything runs. @throws {CamError} BAD_OPTION for any conflict. */
export async function claimOutputs(plan: OutputPlan, claim: Guard): Promise<void> {
  const { destination, jobs } = plan;
  checkStems(jobs);
  const count = jobs.flatMap((job) => knownResults(plan, job)).length;
  if (destination.kind !== 'folder' && count > 1) {
    const place = destination.kind === 'stdout' ? 'Standard output' : `"${destination.path}"`;
    throw badOption(
      undefined,
      `${place} takes one result, and this asks for ${count}. Give -o a folder: a name that ends in /.`,
    );
  }
  const many = jobs.flatMap(({ methods }) => methods).find((id) => mapCount(plan, id) === undefined);
  if (destination.kind !== 'folder' && many !== undefined) {
    throw badOption(
      undefined,
      `${many} gives a raw map for each resolution. Give -o a folder, or name one layer with --layer.`,
    );
  }
  if (!namesKnown(plan)) return;
  for (const job of jobs) await claimJob(plan, job, plan.classes, claim);
}

/** Whether the names of results are known: false where they need an index that only the model knows. */
export const namesKnown = ({ classes }: OutputPlan): boolean =>
  classes.length === 1 || classes.every((index) => index !== undefined);

/** Claims what one job writes for these classes. */
export async function claimJob(
  plan: OutputPlan,
  job: Job,
  classes: OutputPlan['classes'],
  claim: Guard,
): Promise<void> {
  if (plan.destination.kind !== 'stdout') {
    for (const result of knownResults({ ...plan, classes }, job)) await claim(resultPath(plan, result));
  }
  if (plan.tensors === undefined) return;
  for (const index of classes) {
    for (const path of tensorPaths(plan, job, index)) await claim(path);
  }
}

/** Claims the other maps of methods whose number of maps was not known. */
export async function claimMoreMaps(
  plan: OutputPlan,
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
      throw badOption(
        undefined,
        `"${other.name}" and "${input.name}" would write files of the same name, ${input.stem}.*. Explain them in two calls with two folders.`,
      );
    }
    seen.set(input.stem, input);
  }
}

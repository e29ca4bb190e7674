import { stat } from 'node:fs/promises';
import { extname, join, resolve, sep } from 'node:path';
import { type Explanation, type MethodId, METHODS } from '../index.ts';
import { badOption, type Format, FORMATS, type Given } from '../options/index.ts';
import type { Guard } from './guard.ts';
import type { Input } from './inputs.ts';
import type { IO } from './io.ts';
import type { Destination, Job, OutputPlan } from './plan.ts';
import { type TargetName, targetName } from './targets.ts';
import { tensorPaths } from './tensors.ts';

/** Whether the path is spelled as a folder. */
export const isFolderName = (path: string): boolean => path.endsWith('/') || path.endsWith(sep);

/**
 * The destination of results.
 * @throws {CamError} BAD_OPTION when -o, -f and the terminal contradict each other.
 */
export async function destinationOf(settings: Given, io: IO): Promise<Destination> {
  const { output, format, raw, json, 'save-tensors': tensors } = settings;
  const usual = format ?? (raw ? 'npy' : 'png');
  if (output === undefined) return { kind: 'folder', path: '', format: usual };
  if (output === '-') {
    if (json)
      throw badOption(undefined, '--json and -o - both use standard output. Pass a file or folder to -o.');
    if (io.stdout.isTTY && usual !== 'json')
      throw badOption(
        undefined,
        `${usual.toUpperCase()} bytes would garble the terminal. Redirect standard output, or pass a file to -o.`,
      );
    return { kind: 'stdout', path: output, format: usual };
  }
  const found = await stat(resolve(io.cwd, output)).catch(() => undefined);
  const slashed = isFolderName(output);
  if (slashed && (await isFile(resolve(io.cwd, output))))
    throw badOption(
      undefined,
      `"${output}" is a folder name, but a file with that name exists. Choose another.`,
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
      `"${path}" ends in .${extension}, but --format is ${asked}. Change one of them.`,
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

/** A result of a plan. */
export interface Result {
  readonly job: Job;
  readonly method: MethodId;
  readonly class: TargetName | undefined;
  /** From 1, for methods with several maps. */
  readonly map: number;
}

/** `<stem>.<method>[.<map>][.<class>].<format>`; a generated image always has its class. */
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

/** Number of maps of a method for one class; undefined if it depends on the model. */
function mapCount({ raw, layers }: OutputPlan, id: MethodId): number | undefined {
  const method = METHODS[id];
  if (!raw || method.level !== 'layer') return 1;
  return layers ?? (method.stages ? undefined : 1);
}

/** The results of a job known before anything runs. */
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

/**
 * Claims every path known before anything runs.
 * @throws {CamError} BAD_OPTION for any conflict.
 */
export async function claimOutputs(plan: OutputPlan, claim: Guard): Promise<void> {
  const { destination, jobs } = plan;
  checkStems(jobs);
  const count = jobs.flatMap((job) => knownResults(plan, job)).length;
  if (destination.kind !== 'folder' && count > 1) {
    const place = destination.kind === 'stdout' ? 'Standard output' : `"${destination.path}"`;
    throw badOption(
      undefined,
      `${place} takes one result, but there are ${count}. Pass a folder to -o, with a trailing /.`,
    );
  }
  const many = jobs.flatMap(({ methods }) => methods).find((id) => mapCount(plan, id) === undefined);
  if (destination.kind !== 'folder' && many !== undefined) {
    throw badOption(
      undefined,
      `${many} has one raw map per resolution. Pass a folder to -o, or set --layer to one layer.`,
    );
  }
  if (!namesKnown(plan)) return;
  for (const job of jobs) await claimJob(plan, job, plan.classes, claim);
}

/** Whether the names of results are known before the model runs; false if they need a class index. */
export const namesKnown = ({ classes }: OutputPlan): boolean =>
  classes.length === 1 || classes.every((index) => index !== undefined);

/** Claims the outputs of a job for these classes. */
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

/** Claims the remaining maps of methods whose number of maps was unknown. */
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
        `"${other.name}" and "${input.name}" would write the same files, ${input.stem}.*. Explain them separately, with different folders.`,
      );
    }
    seen.set(input.stem, input);
  }
}

import { resolve } from 'node:path';
import type { ExplainOptions, Failure, Report } from '../../index.ts';
import { explainOptionsOf } from '../asking.ts';
import { besideLine, isBeside } from '../beside.ts';
import { classesOf } from '../../options/choices.ts';
import { DONE, exitCodeOf, FAILED } from '../exit.ts';
import { guard, type Guard } from '../guard.ts';
import { readInput, STDIN } from '../inputs.ts';
import { errorImageJson, imageJson, resultJson, type Subject } from '../../explain/json.ts';
import type { LoadedModel } from '../library.ts';
import { claimFurther, claimJob, claimOutputs, destinationOf, namesKnown } from '../outputs.ts';
import type { Job, Plan } from '../plan.ts';
import { jobsOf, loadOptionsOf } from '../request.ts';
import { writeResults, writeTensors, type Writing } from '../results.ts';
import { onSharedScale } from '../scale.ts';
import { detailLines, summaryLine, type Written } from '../summary.ts';
import { namedTargets, targetFiles, targetName } from '../targets.ts';
import { terminal, type Terminal } from '../terminal.ts';
import { COMMAND_NAMES, type CommandContext } from './command.ts';

/** What all images of a call share. */
interface Call extends CommandContext {
  readonly out: Terminal;
  readonly model: LoadedModel;
  readonly plan: Plan;
  readonly claim: Guard;
  readonly options: ExplainOptions;
}

/** `camwasm <image...>`: everything that can be refused is refused before the first image is read. */
export async function explain(context: CommandContext): Promise<number> {
  const { settings, operands, io } = context;
  const out = terminal(io, settings);
  const jobs = jobsOf(settings, operands);
  const unused = operands.filter((name) => !jobs.some(({ input }) => input?.name === name));
  const destination = await destinationOf(settings, io);
  const loadOptions = await loadOptionsOf(settings, io.cwd);
  const started = performance.now();
  const library = await context.library();
  const imported = performance.now();
  const path = settings.model === undefined ? undefined : resolve(io.cwd, settings.model);
  const model = await library.load(path, loadOptions);
  try {
    await out.detail(
      `import ${(imported - started).toFixed(0)} ms, load model ${(performance.now() - imported).toFixed(0)} ms`,
    );
    for (const warning of model.warnings) await out.warn(warning);
    if (unused.length > 0)
      await out.warn(`${jobs[0].methods[0]} looks at no image; not used: ${unused.join(', ')}.`);
    const targets = settings.target && namedTargets(settings.target, model.labels);
    const classes = targets?.map(({ name }) => name) ?? classesOf(settings, model.labels);
    const asked = await explainOptionsOf(settings, model, classes, targets, io.cwd);
    const plan: Plan = {
      jobs,
      classes,
      layers: asked.layer?.length,
      raw: settings.raw === true,
      destination,
      tensors: settings['save-tensors'],
    };
    const files = operands.filter((name) => name !== STDIN);
    const claim = await guard(io.cwd, [
      ...files,
      ...model.files,
      ...[settings.labels ?? []].flat(),
      ...(settings.input ?? []).map(({ file }) => file),
      ...targetFiles(settings.target ?? [], model.labels),
    ]);
    await claimOutputs(plan, claim);
    const options: ExplainOptions = { ...asked, signal: io.signal, onProgress: out.progress.update };
    return await explainJobs({ ...context, out, model, plan, claim, options });
  } finally {
    await out.progress.clear();
    await model.close();
  }
}

async function explainJobs(call: Call): Promise<number> {
  const { plan, settings, out } = call;
  const { jobs } = plan;
  const shared = settings.scale === 'shared';
  const looks: Look[] = [];
  let code = DONE;
  for (const [position, job] of jobs.entries()) {
    out.progress.image(nameOf(job), position + 1, jobs.length);
    const trouble = await attempt(call, job, async () => {
      const seen = await look(call, job);
      if (!shared) return show(call, seen);
      looks.push(seen);
      return DONE;
    });
    code = Math.max(code, trouble);
  }
  const reports = onSharedScale(looks.map(({ report }) => report));
  for (const [i, seen] of looks.entries()) {
    code = Math.max(code, await attempt(call, seen.job, () => show(call, { ...seen, report: reports[i] })));
  }
  return code;
}

/** What is wrong with one image alone is reported here; wrong usage ends the call. */
async function attempt(call: Call, job: Job, work: () => Promise<number>): Promise<number> {
  const { settings, out } = call;
  try {
    return await work();
  } catch (error) {
    if (exitCodeOf(error) !== FAILED) throw error;
    await out.complain(error, nameOf(job));
    if (settings.json) await out.result(lineOf(errorImageJson(subjectOf(call, job), error)));
    return FAILED;
  }
}

/** One image, explained; nothing is written yet. */
interface Look {
  readonly job: Job;
  readonly report: Report;
  /** Milliseconds that reading took, and reading and explaining together. */
  readonly read: number;
  readonly took: number;
}

async function look({ io, model, plan, options }: Call, job: Job): Promise<Look> {
  const started = performance.now();
  const image = job.input && (await readInput(job.input, io, COMMAND_NAMES));
  const read = performance.now() - started;
  const report = await model.explainAll(image, {
    ...options,
    method: job.methods,
    tensors: plan.tensors !== undefined && job.input !== undefined,
  });
  return { job, report, read, took: performance.now() - started };
}

async function show(call: Call, { job, report, read, took }: Look): Promise<number> {
  const { settings, io, out, plan, claim } = call;
  const started = performance.now();
  if (!namesKnown(plan)) {
    const classes = [...new Set(report.explanations.map(({ target }) => targetName(target)))];
    await claimJob(plan, job, classes, claim);
  }
  await claimFurther(plan, job, report.explanations, claim);
  const { colormap, alpha } = settings;
  const writing: Writing = {
    plan,
    job,
    report,
    subject: subjectOf(call, job),
    look: { colormap, alpha },
    cwd: io.cwd,
    stdout: out.result,
  };
  const { written, failures } = await writeResults(writing);
  // What else was written is told all the same.
  const unwritten: unknown = await writeTensors(writing).catch((error: unknown) => error);
  const write = performance.now() - started;
  const timings = { read, ...report.timings, write };
  await tell(call, writing, { written, failures, timings, seconds: (took + write) / 1000 });
  if (unwritten !== undefined) await out.complain(unwritten, nameOf(job));
  const serious = failures.filter((failure) => !isBeside(job, failure, written.length));
  const codes = serious.map(({ error }) => exitCodeOf(error));
  return Math.max(DONE, ...codes, unwritten === undefined ? DONE : exitCodeOf(unwritten));
}

interface Outcome {
  readonly written: readonly Written[];
  readonly failures: readonly Failure[];
  readonly timings: Readonly<Record<string, number>>;
  readonly seconds: number;
}

/** Standard output gets the result, standard error all that there is to say about it. */
async function tell(
  { settings, out, plan, model }: Call,
  { job, report, subject }: Writing,
  { written, failures, timings, seconds }: Outcome,
): Promise<void> {
  const { json, quiet } = settings;
  const { prediction, preprocessing } = report;
  const facts = { prediction, preprocessing, timings, runs: report.runs };
  if (json) {
    const results = written.map(({ explanation, outputs }) => resultJson(explanation, outputs));
    await out.result(lineOf(imageJson(subject, facts, results, failures)));
  } else if (!quiet && written.length > 0 && plan.destination.kind !== 'stdout') {
    await out.result(`${summaryLine(job.input?.name, prediction, written, seconds, out.style)}\n`);
  }
  await out.detail(detailLines(facts, written, model.threads));
  const about = ({ method, target }: Pick<Failure, 'method' | 'target'>) =>
    [job.input?.name ?? [], plan.classes.length > 1 ? `${method} of ${target.label}` : method]
      .flat()
      .join(': ');
  for (const { explanation } of written) {
    for (const warning of explanation.warnings) await out.warn(`${about(explanation)}: ${warning}`);
  }
  const beside = failures.filter((failure) => isBeside(job, failure, written.length));
  for (const failure of failures) {
    if (beside.includes(failure)) await out.detail(`  ${about(failure)}: ${failure.error.message}`);
    else await out.complain(failure.error, about(failure));
  }
  if (beside.length > 0) await out.note(besideLine(nameOf(job), beside));
}

const nameOf = ({ input, methods }: Job): string => input?.name ?? methods.join(', ');

const subjectOf = ({ settings, model }: Call, { input }: Job): Subject => ({
  image: input?.name ?? null,
  model: settings.model ?? null,
  warnings: model.warnings,
});

const lineOf = (value: object): string => `${JSON.stringify(value)}\n`;

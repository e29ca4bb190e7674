import {
  errorImageJson,
  type ExplainOptions,
  type ExplainReport,
  type Failure,
  imageJson,
  resultJson,
  type Subject,
} from '../../index.ts';
import { classesFor, COMMAND_NAMES, inFlags, librarySettings } from '../../options/index.ts';
import { type ClassNames, classNames } from '../class-names.ts';
import { DONE, exitCodeOf, FAILED } from '../exit.ts';
import { type Guard, guard } from '../guard.ts';
import { readInput, STDIN } from '../inputs.ts';
import type { CliModel } from '../library.ts';
import { modelArgument } from '../model-argument.ts';
import { claimJob, claimMoreMaps, claimOutputs, destinationOf, namesKnown } from '../outputs.ts';
import type { Job, OutputPlan } from '../plan.ts';
import { explainOptionsOf, jobsOf, loadOptionsOf } from '../request.ts';
import { onSharedScale, writeResults, writeTensors, type Writing } from '../results.ts';
import { detailLines, detectionLines, reportProblems, summaryLine, type Written } from '../summary.ts';
import { namedTargets, targetName } from '../targets.ts';
import { type Terminal, terminal } from '../terminal.ts';
import type { CommandContext } from './command.ts';

/** State shared by the images of a call. */
interface Batch extends CommandContext {
  readonly out: Terminal;
  readonly model: CliModel;
  readonly plan: OutputPlan;
  readonly claim: Guard;
  readonly options: ExplainOptions;
  readonly className: ClassNames;
}

/** `camwasm <image...>`: validates everything before reading the first image. */
export async function runExplain(context: CommandContext): Promise<number> {
  const { settings, operands, io } = context;
  const out = terminal(io, settings);
  const jobs = jobsOf(settings, operands);
  const unused = operands.filter((name) => !jobs.some(({ input }) => input?.name === name));
  const destination = await destinationOf(settings, io);
  const loadOptions = loadOptionsOf(settings, io.cwd);
  const started = performance.now();
  const library = await context.library();
  const imported = performance.now();
  const named = await modelArgument(settings.model, { io, settings, library, out });
  const model = await library.load(named.model, { ...loadOptions, ...named.options });
  try {
    await out.detail(
      `import ${(imported - started).toFixed(0)} ms, load model ${(performance.now() - imported).toFixed(0)} ms`,
    );
    for (const warning of model.warnings) await out.warn(warning);
    if (unused.length > 0)
      await out.warn(`${jobs[0].methods[0]} takes no image. Ignored: ${unused.join(', ')}.`);
    const targets = settings.target && namedTargets(settings.target, model.labels);
    const classes = classesFor(settings, model.labels);
    const chosen = settings.class && { classes: classes.filter((index) => index !== undefined) };
    const explainOptions = await explainOptionsOf(
      settings,
      model.info.values,
      { ...chosen, ...(targets && { targets }) },
      io.cwd,
    );
    const plan: OutputPlan = {
      jobs,
      classes: targets?.map(({ name }) => name) ?? classes,
      layers: explainOptions.layer?.length,
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
      ...(targets ?? []).flatMap((target) => target.files),
    ]);
    await claimOutputs(plan, claim);
    const options: ExplainOptions = { ...explainOptions, signal: io.signal, onProgress: out.progress.update };
    const className = classNames(model.labels);
    return await explainJobs({ ...context, out, model, plan, claim, options, className });
  } finally {
    await out.progress.clear();
    await model.close();
  }
}

async function explainJobs(batch: Batch): Promise<number> {
  const { plan, settings, out } = batch;
  const { jobs } = plan;
  const shared = settings.scale === 'shared';
  const explained: ExplainedJob[] = [];
  let code = DONE;
  for (const [position, job] of jobs.entries()) {
    out.progress.image(nameOf(job), position + 1, jobs.length);
    const problem = await orReport(batch, job, async () => {
      const one = await explainJob(batch, job);
      if (!shared) return writeJob(batch, one);
      explained.push(one);
      return DONE;
    });
    code = Math.max(code, problem);
  }
  const reports = onSharedScale(explained.map(({ report }) => report));
  for (const [i, one] of explained.entries()) {
    const write = () => writeJob(batch, { ...one, report: reports[i] });
    code = Math.max(code, await orReport(batch, one.job, write));
  }
  return code;
}

/** Reports an error that affects a single image; wrong usage ends the batch. */
async function orReport(batch: Batch, job: Job, work: () => Promise<number>): Promise<number> {
  const { settings, out } = batch;
  try {
    return await work();
  } catch (error) {
    if (exitCodeOf(error) !== FAILED) throw error;
    await out.complain(error, nameOf(job));
    if (settings.json) await out.result(lineOf(errorImageJson(subjectOf(batch, job), error)));
    return FAILED;
  }
}

/** An explained image, before anything is written. */
interface ExplainedJob {
  readonly job: Job;
  readonly report: ExplainReport;
  /** Milliseconds for reading, and for reading and explaining together. */
  readonly read: number;
  readonly took: number;
}

async function explainJob({ io, model, plan, options, settings }: Batch, job: Job): Promise<ExplainedJob> {
  const started = performance.now();
  const image = job.input && (await readInput(job.input, io, COMMAND_NAMES, settings));
  const read = performance.now() - started;
  const report = await model.explainAll(image, {
    ...options,
    method: job.methods,
    tensors: plan.tensors !== undefined && job.input !== undefined,
  });
  return { job, report, read, took: performance.now() - started };
}

async function writeJob(batch: Batch, { job, report, read, took }: ExplainedJob): Promise<number> {
  const { settings, io, out, plan, claim } = batch;
  const started = performance.now();
  if (!namesKnown(plan)) {
    const classes = [...new Set(report.explanations.map(({ target }) => targetName(target)))];
    await claimJob(plan, job, classes, claim);
  }
  await claimMoreMaps(plan, job, report.explanations, claim);
  const writing: Writing = {
    plan,
    job,
    report,
    subject: subjectOf(batch, job),
    overlay: librarySettings(settings, 'overlay'),
    cwd: io.cwd,
    stdout: out.result,
  };
  const { written, failures } = await writeResults(writing);
  // An error here must not hide the results already written.
  const unwritten: unknown = await writeTensors(writing).catch((error: unknown) => error);
  const write = performance.now() - started;
  const timings = { read, ...report.timings, write };
  const outcome: Outcome = { written, failures, timings, seconds: (took + write) / 1000 };
  const code = await reportJob(batch, writing, outcome);
  if (unwritten === undefined) return code;
  await out.complain(unwritten, nameOf(job));
  return Math.max(code, exitCodeOf(unwritten));
}

interface Outcome {
  readonly written: readonly Written[];
  readonly failures: readonly Failure[];
  readonly timings: Readonly<Record<string, number>>;
  readonly seconds: number;
}

/** Prints results to standard output and everything else to standard error; returns the exit code. */
async function reportJob(
  { settings, out, plan, model, className }: Batch,
  { job, report, subject }: Writing,
  { written, failures, timings, seconds }: Outcome,
): Promise<number> {
  const { json, quiet } = settings;
  const facts = { ...report, timings };
  if (json) {
    const results = written.map(({ explanation, outputs }) => resultJson(explanation, outputs));
    await out.result(lineOf(imageJson(subject, facts, results, failures)));
  } else if (!quiet && written.length > 0 && plan.destination.kind !== 'stdout') {
    const line = summaryLine(job.input?.name, report, written, seconds, { ...out, className });
    await out.result(`${line}\n`);
    if (settings.detections) await out.result(`${detectionLines(report.detections, className)}\n`);
  }
  await out.detail(detailLines(facts, written, model.threads));
  const about = ({ method, target }: Pick<Failure, 'method' | 'target'>) =>
    [job.input?.name ?? [], plan.classes.length > 1 ? `${method} of ${className(target)}` : method]
      .flat()
      .join(': ');
  const explanations = written.map(({ explanation }) => explanation);
  if (report.output.note !== undefined) await out.warn(`${nameOf(job)}: ${report.output.note}`);
  return reportProblems(out, job, explanations, failures, about);
}

const nameOf = ({ input, methods }: Job): string => input?.name ?? methods.join(', ');

const subjectOf = ({ settings, model }: Batch, { input }: Job): Subject => ({
  image: input?.name ?? null,
  model: settings.model ?? null,
  warnings: model.warnings,
  reworded: inFlags,
});

const lineOf = (value: object): string => `${JSON.stringify(value)}\n`;

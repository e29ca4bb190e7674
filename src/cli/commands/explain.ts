import { resolve } from 'node:path';
import type { ExplainOptions, Failure } from '../../index.ts';
import { cpuCount } from '../../platform/cpu.ts';
import { DONE, exitCodeOf, FAILED } from '../exit.ts';
import { guard, type Guard } from '../guard.ts';
import { readInput, STDIN } from '../inputs.ts';
import { errorImageJson, imageJson, resultJson } from '../json.ts';
import type { LoadedModel } from '../library.ts';
import type { Settings } from '../options.ts';
import { claimJob, claimOutputs, destinationOf, namesKnown, type Job, type Plan } from '../outputs.ts';
import { classesOf, jobsOf, layersOf, loadOptionsOf } from '../request.ts';
import { writeResults, writeTensors, type Writing } from '../results.ts';
import { detailLines, summaryLine, type Written } from '../summary.ts';
import { terminal, type Terminal } from '../terminal.ts';
import { COMMANDS, type CommandContext } from './index.ts';

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
    if (unused.length > 0)
      await out.warn(`${jobs[0].methods[0]} looks at no image; not used: ${unused.join(', ')}.`);
    const layer = layersOf(settings, model);
    const classes = classesOf(settings, model.labels);
    const plan: Plan = {
      jobs,
      classes,
      layers: layer?.length ?? 1,
      raw: settings.raw === true,
      destination,
      tensors: settings['save-tensors'],
    };
    const files = operands.filter((name) => name !== STDIN);
    const claim = await guard(io.cwd, [...files, ...[settings.model ?? [], settings.labels ?? []].flat()]);
    await claimOutputs(plan, claim);
    const options: ExplainOptions = {
      ...(settings.class ? { target: classes as number[] } : { top: settings.top }),
      layer,
      score: settings.score,
      compat: settings.compat,
      batchSize: settings['batch-size'],
      signal: io.signal,
      onProgress: out.progress.update,
    };
    let code = DONE;
    for (const [position, job] of jobs.entries()) {
      out.progress.image(nameOf(job), position + 1, jobs.length);
      code = Math.max(code, await explainJob({ ...context, out, model, plan, claim, options }, job));
    }
    return code;
  } finally {
    await out.progress.clear();
    await model.close();
  }
}

/** Explains one image. What is wrong with it alone is reported here; wrong usage ends the call. */
async function explainJob(call: Call, job: Job): Promise<number> {
  const { settings, out } = call;
  try {
    return await attempt(call, job);
  } catch (error) {
    if (exitCodeOf(error) !== FAILED) throw error;
    await out.complain(error, nameOf(job));
    if (settings.json) await out.result(lineOf(errorImageJson(subjectOf(settings, job), error)));
    return FAILED;
  }
}

async function attempt(call: Call, job: Job): Promise<number> {
  const { settings, io, out, model, plan, claim, options } = call;
  const started = performance.now();
  const image = job.input && (await readInput(job.input, io, Object.keys(COMMANDS)));
  const read = performance.now();
  const report = await model.explainAll(image, {
    ...options,
    method: job.methods,
    tensors: plan.tensors !== undefined && job.input !== undefined,
  });
  const explained = performance.now();
  if (!namesKnown(plan)) {
    const classes = [...new Set(report.explanations.map(({ target }) => target.index))];
    await claimJob(plan, job, classes, claim);
  }
  const { colormap, alpha } = settings;
  const writing: Writing = {
    plan,
    job,
    report,
    subject: subjectOf(settings, job),
    look: { colormap, alpha },
    cwd: io.cwd,
    stdout: out.result,
  };
  const { written, failures } = await writeResults(writing);
  await writeTensors(writing);
  const ended = performance.now();
  const timings = { read: read - started, ...report.timings, write: ended - explained };
  await tell(call, writing, { written, failures, timings, seconds: (ended - started) / 1000 });
  return Math.max(DONE, ...failures.map(({ error }) => exitCodeOf(error)));
}

interface Outcome {
  readonly written: readonly Written[];
  readonly failures: readonly Failure[];
  readonly timings: Readonly<Record<string, number>>;
  readonly seconds: number;
}

/** Standard output gets the result, standard error all that there is to say about it. */
async function tell(
  { settings, out, plan }: Call,
  { job, report, subject }: Writing,
  { written, failures, timings, seconds }: Outcome,
): Promise<void> {
  const { json, quiet } = settings;
  const { prediction, preprocessing } = report;
  const facts = { prediction, preprocessing, timings };
  if (json) {
    const results = written.map(({ explanation, outputs }) => resultJson(explanation, outputs));
    await out.result(lineOf(imageJson(subject, facts, results, failures)));
  } else if (!quiet && written.length > 0 && plan.destination.kind !== 'stdout') {
    await out.result(`${summaryLine(job.input?.name, prediction, written, seconds, out.style)}\n`);
  }
  await out.detail(detailLines(facts, written, settings.threads ?? (await cpuCount())));
  const about = ({ method, target }: Pick<Failure, 'method' | 'target'>) =>
    [job.input?.name ?? [], plan.classes.length > 1 ? `${method} of ${target.label}` : method]
      .flat()
      .join(': ');
  for (const { explanation } of written) {
    for (const warning of explanation.warnings) await out.warn(`${about(explanation)}: ${warning}`);
  }
  for (const failure of failures) await out.complain(failure.error, about(failure));
}

const nameOf = ({ input, methods }: Job): string => input?.name ?? methods.join(', ');

const subjectOf = ({ model }: Readonly<Partial<Settings>>, { input }: Job) => ({
  image: input?.name ?? null,
  model: model ?? null,
});

const lineOf = (value: object): string => `${JSON.stringify(value)}\n`;

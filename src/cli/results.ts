import { resolve } from 'node:path';
import {
  type ExplainReport,
  type Explanation,
  type Failure,
  type HeatmapRange,
  imageJson,
  mapsOf,
  onScale,
  type OverlayOptions,
  resultJson,
  type Subject,
  writeNpy,
  WRITERS,
} from '../index.ts';
import { codeOf } from '../options/index.ts';
import { writeFile } from './files.ts';
import { resultPath } from './outputs.ts';
import type { Job, OutputPlan } from './plan.ts';
import type { Written } from './summary.ts';
import { targetName } from './targets.ts';
import { tensorFiles } from './tensors.ts';

/** Everything needed to write the results of a job. */
export interface Writing {
  readonly plan: OutputPlan;
  readonly job: Job;
  readonly subject: Subject;
  readonly report: ExplainReport;
  readonly overlay: OverlayOptions;
  readonly cwd: string;
  readonly stdout: (bytes: Uint8Array | string) => Promise<void>;
}

/** Writes every explanation of a job; an error affects only its own result. */
export async function writeResults(writing: Writing): Promise<{ written: Written[]; failures: Failure[] }> {
  const written: Written[] = [];
  const failures: Failure[] = [...writing.report.failures];
  for (const explanation of writing.report.explanations) {
    try {
      written.push({ explanation, outputs: await writeResult(writing, explanation) });
    } catch (error) {
      const { method, target } = explanation;
      failures.push({ method, target, ...codeOf(error), error: error as Error });
    }
  }
  return { written, failures };
}

async function writeResult(writing: Writing, explanation: Explanation): Promise<string[]> {
  const { plan, job, subject, report, overlay, cwd, stdout } = writing;
  const { destination, raw } = plan;
  const { method, target } = explanation;
  const outputs: string[] = [];
  for (const map of mapsOf(explanation, raw).keys()) {
    const path = resultPath(plan, { job, method, class: targetName(target), map: map + 1 });
    const paths = destination.kind === 'stdout' ? [] : [path];
    const bytes = await WRITERS[destination.format](explanation, map, { ...overlay, raw }, (array) =>
      imageJson(subject, report, [resultJson(explanation, paths, array)]),
    );
    if (destination.kind === 'stdout') await stdout(bytes);
    else await writeFile(resolve(cwd, path), bytes);
    outputs.push(...paths);
  }
  return outputs;
}

/** Writes the files of --save-tensors. */
export async function writeTensors({ plan, job, report, cwd }: Writing): Promise<void> {
  if (plan.tensors === undefined) return;
  const names = new Set(report.explanations.map(({ target }) => targetName(target)));
  for (const name of names) {
    const ofTarget = report.explanations.filter(({ target }) => targetName(target) === name);
    for (const { path, dims, data } of tensorFiles(plan, job, name, ofTarget)) {
      await writeFile(resolve(cwd, path), writeNpy(dims, data));
    }
  }
}

/** Rescales the heatmaps of each method to a common scale, from the smallest to the largest value of all. */
export function onSharedScale(reports: readonly ExplainReport[]): ExplainReport[] {
  const ranges = new Map<string, HeatmapRange>();
  for (const { method, range } of reports.flatMap(({ explanations }) => explanations)) {
    const [low, high] = ranges.get(method) ?? range;
    ranges.set(method, [Math.min(low, range[0]), Math.max(high, range[1])]);
  }
  return reports.map((report) => ({
    ...report,
    explanations: report.explanations.map((one) => onScale(one, ranges.get(one.method) ?? one.range)),
  }));
}

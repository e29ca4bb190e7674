import { resolve } from 'node:path';
import type { Explanation, Failure, Report } from '../index.ts';
import { writeNpy } from '../image/npy.ts';
import { writeFile } from '../platform/files.ts';
import { mapsOf, WRITERS, type ArtifactOptions } from '../explain/artifact.ts';
import { imageJson, resultJson, type Subject } from '../explain/json.ts';
import { resultPath } from './outputs.ts';
import type { Job, Plan } from './plan.ts';
import type { Written } from './summary.ts';
import { targetName } from './targets.ts';
import { tensorFiles } from './tensors.ts';

/** What it takes to write the results of a job. */
export interface Writing {
  readonly plan: Plan;
  readonly job: Job;
  readonly subject: Subject;
  readonly report: Report;
  readonly look: Omit<ArtifactOptions, 'raw'>;
  readonly cwd: string;
  readonly stdout: (bytes: Uint8Array | string) => Promise<void>;
}

/** Writes every explanation of a job; one that cannot be shown or written loses nothing of the others. */
export async function writeResults(writing: Writing): Promise<{ written: Written[]; failures: Failure[] }> {
  const written: Written[] = [];
  const failures: Failure[] = [...writing.report.failures];
  for (const explanation of writing.report.explanations) {
    try {
      written.push({ explanation, outputs: await writeResult(writing, explanation) });
    } catch (error) {
      const { method, target } = explanation;
      failures.push({ method, target, error: error as Error });
    }
  }
  return { written, failures };
}

async function writeResult(writing: Writing, explanation: Explanation): Promise<string[]> {
  const { plan, job, subject, report, look, cwd, stdout } = writing;
  const { destination, raw } = plan;
  const { method, target } = explanation;
  const outputs: string[] = [];
  for (const map of mapsOf(explanation, raw).keys()) {
    const path = resultPath(plan, { job, method, class: targetName(target), map: map + 1 });
    const paths = destination.kind === 'stdout' ? [] : [path];
    const bytes = await WRITERS[destination.format](explanation, map, { ...look, raw }, (array) =>
      imageJson(subject, report, [resultJson(explanation, paths, array)]),
    );
    if (destination.kind === 'stdout') await stdout(bytes);
    else await writeFile(resolve(cwd, path), bytes);
    outputs.push(...paths);
  }
  return outputs;
}

/** Writes what --save-tensors asks for. */
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

import { join } from 'node:path';
import { type Explanation, type MethodId, METHODS, rawArrays } from '../index.ts';
import type { Job, OutputPlan } from './plan.ts';
import type { TargetName } from './targets.ts';

/** An array with its destination. */
export interface NamedArray {
  readonly path: string;
  readonly dims: readonly number[];
  readonly data: Float32Array;
}

/** The files of --save-tensors for one job and class, known before anything runs. */
export function tensorPaths(plan: OutputPlan, job: Job, index: TargetName | undefined): string[] {
  const { layers = 1 } = plan;
  const atInput = job.methods.some((method) => METHODS[method].level === 'input');
  const names = [
    ...(job.input ? [...numbered('activation', layers), ...numbered('gradient', layers)] : []),
    ...(job.input && atInput ? ['input_gradient.npy'] : []),
    ...job.methods.flatMap((method) =>
      numbered(rawName(job, method, index), METHODS[method].level === 'layer' ? layers : 1),
    ),
  ];
  return names.map((name) => join(folderOf(plan, job, index), name));
}

/** The tensors of the explanations of one job and class. */
export function tensorFiles(
  plan: OutputPlan,
  job: Job,
  index: TargetName | undefined,
  explanations: readonly Explanation[],
): NamedArray[] {
  const kept = explanations.flatMap(({ tensors }) => tensors ?? []);
  const activations = kept.find((tensors) => tensors.activations.length > 0)?.activations ?? [];
  const gradients = kept.find((tensors) => tensors.gradients.length > 0)?.gradients ?? [];
  const inputGradient = kept.flatMap((tensors) => tensors.inputGradient ?? []).slice(0, 1);
  const named = [
    ...zip(numbered('activation', activations.length), activations),
    ...zip(numbered('gradient', gradients.length), gradients),
    ...zip(['input_gradient.npy'], inputGradient),
    ...explanations.flatMap((explanation) =>
      zip(numbered(rawName(job, explanation.method, index), explanation.raw.length), rawArrays(explanation)),
    ),
  ];
  const folder = folderOf(plan, job, index);
  return named.map(({ name, dims, data }) => ({ path: join(folder, name), dims, data }));
}

/** Several images or classes each get a folder. */
function folderOf(plan: OutputPlan, { input }: Job, index: TargetName | undefined): string {
  const images = plan.jobs.filter((job) => job.input !== undefined).length;
  return join(
    plan.tensors ?? '',
    images > 1 && input ? input.stem : '',
    plan.classes.length > 1 ? String(index) : '',
  );
}

const rawName = ({ input }: Job, method: MethodId, index: TargetName | undefined): string =>
  `${input ? `${input.stem}.${method}` : `${method}.${index}`}.raw`;

const numbered = (name: string, count: number): string[] =>
  count === 1 ? [`${name}.npy`] : Array.from({ length: count }, (_, i) => `${name}.${i + 1}.npy`);

const zip = <A extends object>(names: readonly string[], arrays: readonly A[]): (A & { name: string })[] =>
  arrays.map((array, i) => ({ ...array, name: names[i] }));

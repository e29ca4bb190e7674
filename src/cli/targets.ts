import type { InputTensor, Target, TargetInfo } from '../index.ts';
import { readNpyNumbers } from '../image/npy.ts';
import { findClass } from '../targets/label.ts';
import { targetOf } from '../targets/objective.ts';
import { filesOf, targetText } from '../targets/text.ts';
import { readNamed } from './files.ts';
import type { InputFile } from '../options/reading.ts';

/** What names a target in files: the index of a class, or its text without what paths cannot hold. */
export type TargetName = number | string;

/** A target that the command line asks for. */
export interface NamedTarget {
  readonly target: number | Target;
  readonly name: TargetName;
}

/** Reads --target; classes are looked up. @throws CamError BAD_TARGET, UNKNOWN_CLASS. */
export function namedTargets(texts: readonly string[], labels: readonly string[]): NamedTarget[] {
  const named = texts.map((text) => {
    const target = targetOf(text, labels);
    const plain = 'class' in target && (target.over === undefined || target.over === 'all');
    const index = plain ? findClass(String(target.class), labels) : undefined;
    return { target: index ?? target, name: targetName({ index, label: targetText(target) }) };
  });
  return [...new Map(named.map((one) => [one.name, one])).values()];
}

export const targetName = ({ index, label }: Pick<TargetInfo, 'index' | 'label'>): TargetName =>
  index ?? label.replace(/[^\p{L}\p{N}.-]+/gu, '-').replace(/^-|-$/g, '');

/** The files that the targets name: they are inputs, and never written over. */
export function targetFiles(texts: readonly string[], labels: readonly string[]): string[] {
  return texts.flatMap((text) => filesOf(targetOf(text, labels)));
}

/** Reads the files of --input. @throws CamError BAD_TENSOR. */
export async function readInputs(
  files: readonly InputFile[],
  cwd: string,
): Promise<Record<string, InputTensor>> {
  const read = async ({ name, file }: InputFile) => {
    const next = `Check --input ${name}=${file}.`;
    return [name, readNpyNumbers(await readNamed(cwd, file, 'BAD_TENSOR', next))] as const;
  };
  return Object.fromEntries(await Promise.all(files.map(read)));
}

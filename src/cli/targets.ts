import { filesOf, findClass, type Target, type TargetInfo, targetOf, targetText } from '../index.ts';

/** The name of a target in files: the index of a class, or its text without characters that paths cannot hold. */
export type TargetName = number | string;

/** A target that the command line asks for. */
export interface NamedTarget {
  readonly target: number | Target;
  readonly name: TargetName;
  /** Files that it names: they are inputs, and never written over. */
  readonly files: readonly string[];
}

/** Reads --target; classes are looked up. @throws {CamError} BAD_TARGET, UNKNOWN_CLASS. */
export function namedTargets(texts: readonly string[], labels: readonly string[]): NamedTarget[] {
  const named = texts.map((text): NamedTarget => {
    const target = targetOf(text, labels);
    const plain = 'class' in target && (target.over === undefined || target.over === 'all');
    const index = plain ? findClass(String(target.class), labels) : undefined;
    const name = targetName({ index, label: targetText(target) });
    return { target: index ?? target, name, files: filesOf(target) };
  });
  return [...new Map(named.map((one) => [one.name, one])).values()];
}

export const targetName = ({ index, label }: Pick<TargetInfo, 'index' | 'label'>): TargetName =>
  index ?? label.replace(/[^\p{L}\p{N}.-]+/gu, '-').replace(/^-|-$/g, '');

import { filesOf, findClass, type Target, type TargetInfo, targetOf, targetText } from '../index.ts';

/** Name of a target in file names: the class index, or the target's text without special characters. */
export type TargetName = number | string;

/** A target from the command line. */
export interface NamedTarget {
  readonly target: number | Target;
  readonly name: TargetName;
  /** Files it refers to: inputs, which must not be overwritten. */
  readonly files: readonly string[];
}

/**
 * Parses --target and looks up classes.
 * @throws {CamError} BAD_TARGET for an invalid target.
 * @throws {CamError} UNKNOWN_CLASS for an unknown class.
 */
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

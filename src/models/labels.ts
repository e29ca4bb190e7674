import { isFloat } from '../onnx/data-type.ts';
import type { ValueInfo } from '../onnx/model.ts';

/**
 * What is to be known of labels that are not as many as a model's classes: a class may bear another's name. Nothing is
 * said where an output of that many classes is there, or the model does not declare how many it has.
 * @param origin where the labels can be mended, as a sentence says it.
 */
export function labelWarnings(
  labels: readonly string[],
  outputs: readonly ValueInfo[],
  origin: string,
): string[] {
  const [explained = outputs[0]] = outputs.filter(({ type }) => isFloat(type));
  const classes = explained && classCount(explained);
  if (labels.length === 0 || classes === undefined) return [];
  if (outputs.some((output) => classCount(output) === labels.length)) return [];
  return [
    `The model tells ${classes} classes apart, and the labels are ${labels.length}: the names may be wrong. Check ${origin}.`,
  ];
}

/** The classes of an output, where its declared shape counts nothing else: [N, 10] or [1, 1000, 1, 1]. */
function classCount({ dims = [] }: ValueInfo): number | undefined {
  const [, ...sizes] = dims;
  const counts = sizes.filter((size) => size !== 1);
  return counts.length === 1 && typeof counts[0] === 'number' ? counts[0] : undefined;
}

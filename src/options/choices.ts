import { badOption } from '../errors.ts';
import { findClass, splitClasses } from '../targets/find-class.ts';
import type { Given } from './options.ts';

/** A longer list would exhaust memory. */
const MAX_TOP = 1e6;

/**
 * Indices of the classes given as text; undefined for each predicted class, known only after a run.
 *
 * @example
 * classesFor({ class: ['0,dog'] }, ['cat', 'dog']); // [0, 1]
 * @throws {CamError} UNKNOWN_CLASS for an unknown class.
 * @throws {CamError} BAD_OPTION for an empty list, or too many classes.
 */
export function classesFor(
  { class: texts, top = 1 }: Pick<Given, 'class' | 'top'>,
  labels: readonly string[],
): readonly (number | undefined)[] {
  if (!texts && top > MAX_TOP)
    throw badOption('top', `\`top\` takes at most ${MAX_TOP}, not ${top}. No model has that many classes.`);
  if (!texts) return Array.from({ length: top }, () => undefined);
  const parts = texts.flatMap((text) => splitClasses(text, labels));
  if (parts.length === 0)
    throw badOption('class', `\`class\` takes a class index or label, not "${texts.join()}".`);
  return [...new Set(parts.map((part) => findClass(part, labels)))];
}

/**
 * Names of the layers. A comma-separated list is split unless the whole is the name of a value.
 *
 * @example
 * layerNames({ layer: ['relu1,relu2'] }, ['relu1', 'relu2']); // ['relu1', 'relu2']
 * @throws {CamError} BAD_OPTION for an empty name.
 */
export function layerNames(
  { layer: texts }: Pick<Given, 'layer'>,
  values: readonly string[],
): string[] | undefined {
  if (!texts) return undefined;
  const names = texts.flatMap((text) =>
    values.includes(text) ? [text] : text.split(',').map((name) => name.trim()),
  );
  if (names.includes(''))
    throw badOption(
      'layer',
      `\`layer\` takes the name of a module, node or value of the model, not "${texts.join()}".`,
    );
  return [...new Set(names)];
}

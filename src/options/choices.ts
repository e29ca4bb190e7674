import { CamError } from '../errors.ts';
import type { Explainer } from '../explain/explainer.ts';
import { findClass, splitClasses } from '../targets/label.ts';
import type { Settings } from './options.ts';

/** A list of more would take the memory of the process. */
const MOST = 1e6;

/** Indices of the classes asked for; undefined for those that only the model can tell. @throws CamError UNKNOWN_CLASS, BAD_OPTION. */
export function classesOf(
  { class: texts, top = 1 }: Partial<Pick<Settings, 'class' | 'top'>>,
  labels: readonly string[],
): readonly (number | undefined)[] {
  if (!texts && top > MOST)
    throw bad(`--top takes at most ${MOST}, not ${top}: no model has so many classes.`);
  if (!texts) return Array.from({ length: top }, () => undefined);
  const parts = texts.flatMap((text) => splitClasses(text, labels));
  if (parts.length === 0) throw bad(`--class takes a class index or label, not "${texts.join()}".`);
  return [...new Set(parts.map((part) => findClass(part, labels)))];
}

/** Names of the layers; a comma list is split only where the whole is no value of the model. */
export function layersOf(
  { layer: texts }: Partial<Pick<Settings, 'layer'>>,
  model: Pick<Explainer, 'info'>,
): string[] | undefined {
  if (!texts) return undefined;
  const names = texts.flatMap((text) =>
    model.info.values.includes(text) ? [text] : text.split(',').map((name) => name.trim()),
  );
  if (names.includes('')) throw bad(`--layer takes the name of a value in the model, not "${texts.join()}".`);
  return [...new Set(names)];
}

const bad = (message: string): CamError => new CamError('BAD_OPTION', message);

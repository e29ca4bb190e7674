import { CamError } from '../errors.ts';
import type { LoadOptions } from '../index.ts';
import type { Preprocessing } from '../image/preprocess.ts';
import { findMethod } from '../methods/index.ts';
import type { Method } from '../methods/method.ts';
import { findClass, splitClasses } from '../targets/label.ts';
import { inputOf } from './inputs.ts';
import { readLabels } from './labels.ts';
import type { LoadedModel } from './library.ts';
import { RANGES, type Settings } from './options.ts';
import type { Job, Plan } from './outputs.ts';

type Given = Readonly<Partial<Settings>>;

/**
 * Each image with the methods that look at it, and at the end those that make a picture from nothing.
 * @throws CamError BAD_OPTION, UNKNOWN_METHOD.
 */
export function jobsOf(settings: Given, operands: readonly string[]): Job[] {
  const { class: classes, top, quiet, verbose } = settings;
  if (classes && top !== undefined) throw bad('--class and --top contradict each other. Give one of them.');
  if (quiet && verbose) throw bad('--quiet and --verbose contradict each other. Give one of them.');
  const methods = [...new Map((settings.method ?? ['gradcam']).map(findMethod))];
  const makers = methods.filter(([, method]) => makesPicture(method)).map(([id]) => id);
  const lookers = methods.filter(([, method]) => !makesPicture(method)).map(([id]) => id);
  if (makers.length > 0 && !classes) throw bad(`${makers[0]} makes a picture of a class: say which with -c.`);
  if (lookers.length > 0 && operands.length === 0) {
    throw bad('No image is given. Name one, or - for standard input; `camwasm --help` shows examples.');
  }
  return [
    ...(lookers.length > 0 ? operands.map((name) => ({ input: inputOf(name), methods: lookers })) : []),
    ...(makers.length > 0 ? [{ input: undefined, methods: makers }] : []),
  ];
}

const makesPicture = (method: Method): boolean => method.level === 'input' && method.shows === 'image';

/** @throws CamError BAD_LABELS. */
export async function loadOptionsOf(settings: Given, cwd: string): Promise<LoadOptions> {
  const { labels, threads } = settings;
  return {
    ...(labels !== undefined && { labels: await readLabels(cwd, labels) }),
    ...(threads !== undefined && { threads }),
    preprocessing: preprocessingOf(settings),
  };
}

export function preprocessingOf(settings: Given): Partial<Preprocessing> {
  const { size, fit, channels, range, mean, std, layout } = settings;
  return {
    ...size,
    ...(fit && { fit }),
    ...(channels && { channels }),
    ...(range && { range: RANGES[range] }),
    ...(mean && { mean }),
    ...(std && { std }),
    ...(layout && { layout }),
  };
}

/** Indices of the classes asked for; undefined for those that only the model can tell. @throws CamError UNKNOWN_CLASS. */
export function classesOf({ class: texts, top = 1 }: Given, labels: readonly string[]): Plan['classes'] {
  if (!texts) return Array.from({ length: top }, () => undefined);
  const parts = texts.flatMap((text) => splitClasses(text, labels));
  if (parts.length === 0) throw bad(`--class takes a class index or label, not "${texts.join()}".`);
  return [...new Set(parts.map((part) => findClass(part, labels)))];
}

/** Names of the layers; a comma list is split only where the whole is no value of the model. */
export function layersOf(
  { layer: texts }: Given,
  model: Pick<LoadedModel, 'hasValue'>,
): string[] | undefined {
  if (!texts) return undefined;
  const names = texts.flatMap((text) =>
    model.hasValue(text) ? [text] : text.split(',').map((name) => name.trim()),
  );
  if (names.includes('')) throw bad(`--layer takes the name of a value in the model, not "${texts.join()}".`);
  return [...new Set(names)];
}

const bad = (message: string): CamError => new CamError('BAD_OPTION', message);

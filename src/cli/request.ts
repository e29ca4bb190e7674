import { CamError } from '../errors.ts';
import type { LoadOptions } from '../index.ts';
import type { Preprocessing } from '../image/preprocess.ts';
import { findMethods } from '../methods/choice.ts';
import type { Method } from '../methods/method.ts';
import { channelsOf } from './channels.ts';
import { inputOf } from './inputs.ts';
import { readLabels } from './labels.ts';
import { RANGES, type Settings } from '../options/options.ts';
import type { Job } from './plan.ts';

type Given = Readonly<Partial<Settings>>;

/**
 * Each image with the methods that look at it, and at the end those that make a picture from nothing.
 * @throws CamError BAD_OPTION, UNKNOWN_METHOD.
 */
export function jobsOf(settings: Given, operands: readonly string[]): Job[] {
  const { class: classes, target, top, quiet, verbose } = settings;
  const [one, other] = [classes && '--class', target && '--target', top && '--top'].filter(Boolean);
  if (other) throw bad(`${one} and ${other} contradict each other. Give one of them.`);
  if (quiet && verbose) throw bad('--quiet and --verbose contradict each other. Give one of them.');
  const chosen = findMethods({ method: settings.method, base: settings.base });
  if (settings.base !== undefined && !chosen.some(({ base }) => base))
    throw bad('--base is for methods that build on another: guided-gradcam, finercam and refinecam.');
  const methods = chosen.map(({ id, method }) => [id, method] as const);
  const optional = new Set(chosen.flatMap((one) => (one.optional ? [one.id] : [])));
  const makers = methods.filter(([, method]) => makesPicture(method)).map(([id]) => id);
  const lookers = methods.filter(([, method]) => !makesPicture(method)).map(([id]) => id);
  if (makers.length > 0 && !classes && !target)
    throw bad(`${makers[0]} makes a picture of a class: say which with -c.`);
  if (lookers.length > 0 && operands.length === 0) {
    throw bad('No image is given. Name one, or - for standard input; `camwasm --help` shows examples.');
  }
  return [
    ...(lookers.length > 0
      ? operands.map((name) => ({ input: inputOf(name), methods: lookers, optional }))
      : []),
    ...(makers.length > 0 ? [{ input: undefined, methods: makers, optional }] : []),
  ];
}

const makesPicture = (method: Method): boolean => method.level === 'input' && method.shows === 'image';

/** @throws CamError BAD_LABELS. */
export async function loadOptionsOf(settings: Given, cwd: string): Promise<LoadOptions> {
  const { labels, threads, 'image-input': imageInput } = settings;
  return {
    ...(labels !== undefined && { labels: await readLabels(cwd, labels) }),
    ...(threads !== undefined && { threads }),
    ...(imageInput !== undefined && { imageInput }),
    preprocessing: preprocessingOf(settings),
  };
}

export function preprocessingOf(settings: Given): Partial<Preprocessing> {
  const { size, fit, range, mean, std, layout } = settings;
  const { colors } = channelsOf(settings);
  return {
    ...size,
    ...(fit && { fit }),
    ...(colors && { channels: colors }),
    ...(range && { range: RANGES[range] }),
    ...(mean && { mean }),
    ...(std && { std }),
    ...(layout && { layout }),
  };
}

const bad = (message: string): CamError => new CamError('BAD_OPTION', message);

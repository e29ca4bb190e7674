/** What the types of the library say of a call, for programs that have none, and what they cannot say. */

import { CamError } from '../errors.ts';
import type { ExplainOptions } from '../types.ts';
import { BASELINES } from '../methods/baseline.ts';
import { findMethods } from '../methods/choice.ts';
import { COMPATS, FUSE } from '../methods/method.ts';
import type { Score } from '../targets/target.ts';
import type { Call, Scene } from './scene.ts';

/** An image is an object: a path above all is none. @throws CamError BAD_IMAGE. */
export function checkImage(image: unknown): void {
  if (typeof image === 'object' && image !== null) return;
  const why = `A ${image === null ? 'null' : typeof image} is no image. Pass the bytes of one, its pixels, or a tensor.`;
  throw new CamError('BAD_IMAGE', why);
}

const SCORES: readonly Score[] = ['logit', 'probability'];

/** @throws CamError BAD_OPTION for what no method can make sense of. */
export function checkOptions({ method, layer, score }: ExplainOptions): void {
  for (const [name, names] of Object.entries({ method, layer })) {
    if (Array.isArray(names) && names.length === 0)
      throw bad(`${name} is an empty list: name one, or leave it out.`);
  }
  if (score !== undefined && !SCORES.includes(score))
    throw bad(`score is "${String(score)}": choose ${SCORES.join(', ')}.`);
}

/** @throws CamError ABORTED when the caller's signal says so. */
export function checkSignal(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new CamError('ABORTED', 'Stopped on request.', { cause: signal.reason });
}

/** A tensor may hold anything, and one NaN becomes many. @throws CamError BAD_TENSOR. */
export function checkNumbers({ prepared, ranking }: Scene): void {
  const { data } = prepared.tensor;
  const at = ranking.finite ? -1 : data.findIndex((value) => !Number.isFinite(value));
  if (at < 0) return;
  throw new CamError(
    'BAD_TENSOR',
    `The tensor holds ${data[at]} at element ${at}, and nothing can be explained by that. Replace what is no number.`,
  );
}

/** The methods of a call must suit what it gives, and its options make sense. @throws CamError BAD_OPTION. */
export function checkCall({ options, blank }: Call): void {
  for (const name of ['samples', 'channels', 'concepts', 'batchSize', 'top'] as const) {
    const value = options[name];
    if (value !== undefined && !(Number.isInteger(value) && value > 0))
      throw bad(`${name} is ${value}: a whole number above 0 is needed.`);
  }
  for (const [name, known] of [
    ['fuse', FUSE],
    ['baseline', BASELINES],
    ['compat', COMPATS],
  ] as const) {
    const value = options[name];
    if (value !== undefined && !known.some((word) => word === value))
      throw bad(`${name} is "${value}": choose ${known.join(', ')}.`);
  }
  for (const { method } of findMethods(options)) {
    const makes = method.level === 'input' && method.shows === 'image';
    if (blank && !makes) throw bad(`${method.title} explains an image: give it one.`);
    if (makes && options.target === undefined && options.top === undefined) {
      throw bad(`${method.title} makes a picture of a class: say which (-c, target).`);
    }
  }
}

const bad = (message: string): CamError => new CamError('BAD_OPTION', message);

/** What the types of the library say of a call, for programs that have none. */

import { CamError } from './errors.ts';
import type { ExplainOptions } from './explanation.ts';
import type { Score } from './targets/target.ts';

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

const bad = (message: string): CamError => new CamError('BAD_OPTION', message);

import { CamError } from '../errors.ts';
import { isRecord } from '../table.ts';
import { nothingNamed, type TargetKind } from './kind.ts';
import type { CustomTarget, Scored } from './target.ts';

/** A function from the caller. */
export const CUSTOM: TargetKind<CustomTarget, 'custom'> = {
  key: 'of',
  keys: {
    of: {
      takes: 'a function from the output to { score, seed }',
      accepts: (value) => typeof value === 'function',
      required: true,
    },
    label: {
      takes: 'a name for the score',
      accepts: (value) => typeof value === 'string',
      required: true,
    },
  },
  text: ({ label }) => label,
  files: nothingNamed,
  outputs: nothingNamed,
  objective: ({ of }) => Promise.resolve({ kind: 'custom', of }),
  score: ({ of }, output) => checked(of(output), output.data.length),
};

/** @throws {CamError} BAD_TARGET when the caller's function returns anything else. */
function checked(scored: Scored, length: number): Scored {
  const given: unknown = scored;
  if (isRecord(given) && typeof scored.score === 'number' && scored.seed instanceof Float32Array) {
    if (scored.seed.length === length) return scored;
  }
  throw new CamError(
    'BAD_TARGET',
    `\`target.of\` must return { score, seed }: a number, and its derivative with respect to each of the output's ${length} values, as a Float32Array.`,
    { option: 'target.of' },
  );
}

import { nothingNamed, type TargetKind } from './kind.ts';
import type { CustomTarget } from './target.ts';

/** A function of the caller's. */
export const CUSTOM: TargetKind<CustomTarget, 'custom'> = {
  key: 'of',
  text: ({ label }) => label,
  files: nothingNamed,
  outputs: nothingNamed,
  objective: ({ of }) => Promise.resolve({ kind: 'custom', of }),
  score: ({ of }, output) => of(output),
};

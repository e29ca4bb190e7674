import type { TargetKind } from './kind.ts';
import type { DifferenceTarget } from './target.ts';

/** How much one target's score exceeds another's. */
export const DIFFERENCE: TargetKind<DifferenceTarget, 'difference'> = {
  key: 'minus',
  keys: {
    minus: {
      takes: 'a list of two targets',
      accepts: (value) => Array.isArray(value) && value.length === 2,
      required: true,
    },
  },
  parts: ({ minus }) => [minus].flat(),
  text: ({ minus: [a, b] }, { textOf }) => `${textOf(a)} - ${'minus' in b ? `(${textOf(b)})` : textOf(b)}`,
  files: ({ minus }, { filesOf }) => minus.flatMap(filesOf),
  outputs: ({ minus }, { outputsOf }) => minus.flatMap(outputsOf),
  async objective({ minus: [a, b] }, context, { objectiveOf }) {
    return { kind: 'difference', of: [await objectiveOf(a, context), await objectiveOf(b, context)] };
  },
  score({ of: [a, b] }, output, classes, score, { scoreOf }) {
    const [left, right] = [scoreOf(a, output, classes, score), scoreOf(b, output, classes, score)];
    return { score: left.score - right.score, seed: left.seed.map((value, i) => value - right.seed[i]) };
  },
};

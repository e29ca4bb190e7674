import { CamError } from '../errors.ts';
import { channelCount, type ClassOutput } from '../network/output.ts';
import { eachRun, pooled } from './classes.ts';
import { isSource, nothingNamed, type ObjectiveContext, type TargetKind } from './kind.ts';
import type { Scored, SimilarTarget } from './target.ts';
import { isFileSource, quotedText } from './text.ts';

const SIMILAR_START = /similar\s*:\s*/y;

/** Cosine similarity of the output, averaged over positions, with that of another image or with a vector. */
export const SIMILARITY: TargetKind<SimilarTarget, 'similarity'> = {
  key: 'similar',
  keys: {
    similar: { takes: '{ file }, an image or a Float32Array', accepts: isSource, required: true },
  },
  syntax: {
    starts: ['similar:'],
    start: SIMILAR_START,
    /** `"similar:" file` */
    parse(reader) {
      reader.take(SIMILAR_START);
      return { similar: { file: reader.free('the path of an image') } };
    },
  },
  text: ({ similar }) => `similar:${isFileSource(similar) ? quotedText(String(similar.file)) : 'image'}`,
  files: ({ similar }) => (isFileSource(similar) ? [String(similar.file)] : []),
  outputs: nothingNamed,
  objective: async ({ similar }, context) => ({ kind: 'similarity', to: await vectorOf(similar, context) }),
  score: ({ to }, output, classes) => cosine(pooled(output, classes), to, classes, output.data.length),
};

async function vectorOf(source: SimilarTarget['similar'], context: ObjectiveContext): Promise<Float32Array> {
  const { classes } = context;
  const vector = source instanceof Float32Array ? source : pooled(await context.outputFor(source), classes);
  if (vector.length === channelCount(classes)) return vector;
  throw new CamError(
    'BAD_TARGET',
    `The vector has ${vector.length} numbers, but the output "${classes.name}" has ${channelCount(classes)}.`,
    { option: 'target' },
  );
}

/** s = v·u / |v||u| and ∂s/∂v = (u/|u| − s v/|v|) / |v|; 0 for a zero vector. */
function cosine(v: Float32Array, u: Float32Array, classes: ClassOutput, size: number): Scored {
  const [a, b] = [Math.sqrt(dot(v, v)), Math.sqrt(dot(u, u))];
  const seed = new Float32Array(size);
  if (a === 0 || b === 0) return { score: 0, seed };
  const score = dot(v, u) / (a * b);
  eachRun(classes, (c, at, _, length) => {
    seed.fill((u[c] / b - (score * v[c]) / a) / a / classes.positions, at, at + length);
  });
  return { score, seed };
}

/** Sum of products. */
export const dot = (a: Float32Array, b: Float32Array): number =>
  a.reduce((sum, value, i) => sum + value * b[i], 0);

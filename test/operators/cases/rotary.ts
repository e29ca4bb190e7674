import { type Case, type Input, weights, x } from '../case.ts';

const positions = (dims: readonly number[], values: readonly number[]): Input => ({
  dims,
  values,
  type: 'int64',
  fixed: true,
});

/** Cosines and sines of random angles. */
const angles = (dims: readonly number[]): readonly [Input, Input] => {
  const size = dims.reduce((a, b) => a * b, 1);
  const list = Array.from({ length: size }, (_, i) => (i * 2.4) % 6.28);
  return [weights(dims, list.map(Math.cos)), weights(dims, list.map(Math.sin))];
};

const op = 'com.microsoft.RotaryEmbedding';

export const ROTARY_CASES: readonly Case[] = [
  { op, inputs: [x([2, 3, 8]), positions([2, 3], [0, 1, 2, 4, 3, 0]), ...angles([5, 4])] },
  {
    title: 'interleaved, in heads, from an offset',
    op,
    attributes: { interleaved: 1 },
    inputs: [x([1, 2, 3, 4]), positions([1], [1]), ...angles([5, 2])],
  },
  {
    title: 'a part of every head',
    op,
    attributes: { num_heads: 2, rotary_embedding_dim: 4 },
    inputs: [x([1, 3, 16]), positions([1, 3], [0, 1, 2]), ...angles([5, 2])],
  },
  {
    op: 'RotaryEmbedding',
    opset: 23,
    inputs: [x([1, 2, 3, 4]), ...angles([5, 2]), positions([1, 3], [4, 1, 2])],
  },
  {
    title: 'angles in order',
    op: 'RotaryEmbedding',
    opset: 23,
    attributes: { num_heads: 2 },
    inputs: [x([2, 3, 8]), ...angles([2, 3, 2])],
  },
];

import { absent, type Case, type Input, weights, x } from '../case.ts';

/** T = 4 steps, B = 2 sequences of I = 3 numbers, H = 2 hidden ones. */
const layer = (
  op: string,
  gates: number,
  directions: number,
  more: Partial<Case> & { after?: Input[] },
): Case => {
  const { after = [], attributes = {}, ...rest } = more;
  return {
    op,
    inputs: [
      x([4, 2, 3]),
      weights([directions, gates * 2, 3]),
      weights([directions, gates * 2, 2]),
      weights([directions, gates * 4]),
      ...after,
    ],
    attributes: {
      hidden_size: 2,
      direction: directions === 2 ? 'bidirectional' : 'forward',
      ...attributes,
    },
    ...rest,
  };
};

const bare = (op: string, gates: number, more: Partial<Case> = {}): Case => ({
  op,
  inputs: [x([3, 1, 3]), weights([1, gates * 2, 3]), weights([1, gates * 2, 2])],
  attributes: { hidden_size: 2 },
  ...more,
});

const late = { linear_before_reset: 1 };

export const RECURRENT_CASES: readonly Case[] = [
  layer('LSTM', 4, 1, { outputs: 3 }),
  layer('LSTM', 4, 2, { title: 'both ways', outputs: 3 }),
  layer('LSTM', 4, 1, { title: 'backwards', attributes: { direction: 'reverse' } }),
  layer('LSTM', 4, 2, {
    title: 'given states, opset 7',
    opset: 7,
    after: [absent, x([2, 2, 2]), x([2, 2, 2])],
    outputs: 3,
  }),
  bare('LSTM', 4, { title: 'no biases' }),
  bare('LSTM', 4, { title: 'one step', inputs: [x([1, 2, 3]), weights([1, 8, 3]), weights([1, 8, 2])] }),
  bare('LSTM', 4, {
    title: 'other activations',
    attributes: { hidden_size: 2, activations: { strings: ['HardSigmoid', 'Tanh', 'Tanh'] } },
    refuses: 'activation "HardSigmoid"',
  }),
  bare('LSTM', 4, {
    title: 'clipped',
    attributes: { hidden_size: 2, clip: { float: 3 } },
    refuses: 'clip',
  }),
  bare('LSTM', 4, {
    title: 'moving weights',
    inputs: [x([3, 1, 3]), x([1, 8, 3]), weights([1, 8, 2])],
    refuses: 'weights that depend on the input',
  }),

  layer('GRU', 3, 1, { outputs: 2 }),
  layer('GRU', 3, 1, { title: 'backwards', attributes: { direction: 'reverse' } }),
  layer('GRU', 3, 1, { title: 'late reset', attributes: late, outputs: 2 }),
  layer('GRU', 3, 2, { title: 'both ways', after: [absent, x([2, 2, 2])], outputs: 2 }),
  layer('GRU', 3, 2, {
    title: 'both ways, late reset',
    attributes: late,
    after: [absent, x([2, 2, 2])],
    outputs: 2,
  }),
  bare('GRU', 3, { title: 'no biases' }),
  bare('GRU', 3, { title: 'no biases, late reset', attributes: { hidden_size: 2, ...late } }),

  layer('RNN', 1, 1, { outputs: 2 }),
  layer('RNN', 1, 2, { title: 'both ways', after: [absent, x([2, 2, 2])], outputs: 2 }),
];

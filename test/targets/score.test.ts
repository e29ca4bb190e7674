import { suite } from 'uvu';
import type { ClassOutput } from '../../src/network/output.ts';
import { floatTensor, sizeOf } from '../../src/runtime/tensor.ts';
import { eachRun, held, rank, softmax } from '../../src/targets/classes.ts';
import type { Objective } from '../../src/targets/kind.ts';
import { scoreOf, TARGET_KINDS } from '../../src/targets/kinds.ts';
import type { Score } from '../../src/targets/target.ts';
import * as assert from '../helpers/assert.ts';
import { normal } from '../helpers/random.ts';

/** Logits whose classes lie along `axis`. */
const outputOf = (
  dims: readonly number[],
  axis: number,
  activation: ClassOutput['activation'] = 'softmax',
): ClassOutput => ({
  name: 'y',
  shape: dims,
  dims,
  axis,
  classes: dims[axis],
  positions: sizeOf(dims) / dims[axis],
  logits: 'y',
  probabilities: undefined,
  kind: 'classes',
  link: undefined,
  activation,
  detector: undefined,
  problem: undefined,
});

const CLASSIFIER = outputOf([1, 5], 1);
const DENSE = outputOf([1, 3, 2, 4], 1);
const CHANNELS_LAST = outputOf([1, 2, 4, 3], 3);
const MULTILABEL = outputOf([1, 5], 1, 'sigmoid');
const DENSE_MULTILABEL = outputOf([1, 3, 2, 4], 1, 'sigmoid');
/** One logit of two classes. */
const BINARY = { ...outputOf([1, 1], 1, 'sigmoid'), classes: 2 };
const BINARY_MASK = { ...outputOf([1, 1, 2, 4], 1, 'sigmoid'), classes: 2, kind: 'mask' as const };
const MASK = outputOf([1, 2, 4], 0, 'identity');

const random = (size: number, seed: number): Float32Array => {
  const draw = normal(seed);
  return Float32Array.from({ length: size }, () => draw());
};

interface Case {
  readonly objective: Objective;
  readonly output: ClassOutput;
  readonly score?: Score;
}

const weights = Float32Array.of(1, 0, 0.5, 1, 0, 0, 0.25, 1);
const elements = (...at: number[]) => ({ kind: 'elements', at: Int32Array.from(at) }) as const;

/** Every kind of objective, on every kind of output that it treats differently. */
const CASES: Record<Objective['kind'], readonly Case[]> = {
  class: [CLASSIFIER, DENSE, CHANNELS_LAST, MULTILABEL, DENSE_MULTILABEL, BINARY, BINARY_MASK, MASK].flatMap(
    (output) =>
      (['logit', 'probability'] as const).flatMap((score) => {
        const last = Math.min(2, output.classes - 1);
        const before = Math.max(0, last - 1);
        return [
          { objective: { kind: 'class', class: last }, output, score },
          { objective: { kind: 'class', class: before }, output, score },
          ...(output.positions === 1
            ? []
            : [{ objective: { kind: 'class', class: before, weights } as const, output, score }]),
        ];
      }),
  ),
  detection: [
    [{ at: 7, power: 1 }],
    [
      { at: 3, power: 1 },
      { at: 11, power: 1 },
    ],
    [
      { at: 3, power: 2 },
      { at: 11, power: 3 },
    ],
  ].map((factors) => ({
    objective: {
      kind: 'detection',
      candidate: { class: 1, score: 0.5, box: { x: 0, y: 0, width: 1, height: 1 }, factors },
      byClass: true,
    },
    output: DENSE,
  })),
  elements: (['sum', 'mean', 'max'] as const).map((reduce) => ({
    objective: { ...elements(3, 7, 11, 20), reduce },
    output: DENSE,
  })),
  difference: (['logit', 'probability'] as const).map((score) => ({
    objective: {
      kind: 'difference',
      of: [
        { kind: 'class', class: 0 },
        { ...elements(1, 2), reduce: 'mean' },
      ],
    },
    output: DENSE,
    score,
  })),
  similarity: [CLASSIFIER, DENSE, CHANNELS_LAST].map((output) => ({
    objective: { kind: 'similarity', to: random(output.classes, 5) },
    output,
  })),
  custom: [
    {
      objective: {
        kind: 'custom',
        of: ({ data }) => ({ score: data[0] * data[1], seed: Float32Array.of(data[1], data[0], 0, 0, 0) }),
      },
      output: CLASSIFIER,
    },
  ],
};

const seeds = suite('the seed of each objective is the derivative of its score');

for (const kind of Object.keys(TARGET_KINDS) as Objective['kind'][]) {
  for (const { objective, output, score = 'logit' } of CASES[kind]) {
    const name = `${kind} of the ${score} on [${output.dims.join(', ')}]: ${JSON.stringify(objective)}`;
    seeds(name, () => {
      const y = random(sizeOf(output.dims), 3);
      const at = (data: Float32Array) => scoreOf(objective, floatTensor(output.dims, data), output, score);
      const { seed } = at(y);
      assert.is(seed.length, y.length);
      const step = 1 / 64; // a power of two: the moved inputs are exact to float32's last place
      y.forEach((value, i) => {
        const moved = (by: number) => at(y.with(i, value + by)).score;
        // Five-point central difference: its error is of the fourth order.
        const slope = (8 * (moved(step) - moved(-step)) - (moved(2 * step) - moved(-2 * step))) / (12 * step);
        assert.ok(Math.abs(slope - seed[i]) < 1e-4, `element ${i}: ${seed[i]}, by difference ${slope}`);
      });
    });
  }
}
seeds.run();

const scores = suite('scores by hand');

scores('the root of an objectness times that of a class', () => {
  const factors = [
    { at: 4, power: 0.5 },
    { at: 16, power: 0.5 },
  ];
  const candidate = { class: 1, score: 1, box: { x: 0, y: 0, width: 1, height: 1 }, factors };
  const { score, seed } = scoreOf({ kind: 'detection', candidate, byClass: true }, dense, DENSE, 'logit');
  assert.is(score, 8);
  assert.is(seed[4], 1);
  assert.is(seed[16], 0.25);
});

const dense = floatTensor(
  DENSE.dims,
  Float32Array.from({ length: 24 }, (_, i) => i),
);
const scored = (objective: Objective) => scoreOf(objective, dense, DENSE, 'logit').score;

scores('a class is summed over all positions', () =>
  assert.is(scored({ kind: 'class', class: 1 }), 8 + 9 + 10 + 11 + 12 + 13 + 14 + 15),
);
scores('or weighted by a mask', () =>
  assert.is(scored({ kind: 'class', class: 1, weights }), 8 + 5 + 11 + 0.25 * 14 + 15),
);
for (const [reduce, expected] of [
  ['sum', 26],
  ['mean', 26 / 3],
  ['max', 20],
] as const) {
  scores(`${reduce} of elements`, () => assert.is(scored({ ...elements(2, 4, 20), reduce }), expected));
}
scores('similarity is 1 with itself, 0 with what is orthogonal, and 0 for nothing', () => {
  const y = floatTensor([1, 2], Float32Array.of(3, 4));
  const output = outputOf([1, 2], 1);
  const similar = (...to: number[]) =>
    scoreOf({ kind: 'similarity', to: Float32Array.from(to) }, y, output, 'logit').score;
  assert.is(similar(6, 8), 1);
  assert.is(similar(-4, 3), 0);
  assert.is(similar(4, 3), 24 / 25);
  assert.is(similar(0, 0), 0);
});
scores('a classifier with huge logits keeps its probabilities finite', () => {
  const y = floatTensor([1, 5], Float32Array.of(1000, 1000, 0, -1000, -1e30));
  assert.equal([...softmax(y, CLASSIFIER)], [0.5, 0.5, 0, 0, 0]);
});
scores.run();

const ranking = suite('rank');

ranking('one logit of two classes: the second has it, the first its negative', () => {
  const ranks = rank(floatTensor([1, 1], Float32Array.of(-1.5)), BINARY, ['cat', 'dog']);
  const p = 1 / (1 + Math.exp(1.5));
  const [first, second] = ranks.best(5);
  assert.equal([first.label, first.logit, second.label, second.logit], ['cat', 1.5, 'dog', -1.5]);
  assert.ok(Math.abs(first.probability! - (1 - p)) < 1e-6);
  assert.ok(Math.abs(second.probability! - p) < 1e-6);
});

ranking('scores that are not logits have no probability', () => {
  const output = outputOf([1, 3], 1, 'none');
  const best = rank(floatTensor([1, 3], Float32Array.of(0.1, 0.9, -2)), output, []).best(2);
  assert.equal(
    best.map(({ index, probability }) => [index, probability]),
    [
      [1, undefined],
      [0, undefined],
    ],
  );
});

ranking('scores that overflowed have no probability', () => {
  const scores = floatTensor([1, 2], Float32Array.of(Infinity, NaN));
  const ranks = rank(scores, outputOf([1, 2], 1, 'softmax'), []);
  assert.equal([ranks.of(0).probability, ranks.of(1).probability], [undefined, undefined]);
});

ranking('values have no best class', () => {
  const output: ClassOutput = { ...outputOf([1, 3], 1, 'none'), kind: 'values' };
  assert.equal(rank(floatTensor([1, 3], Float32Array.of(1, 2, 3)), output, []).best(2), []);
});

ranking('of equal scores the first class has the position; a logit of 0 is no more likely than not', () => {
  const many = floatTensor([1, 3, 1, 3], Float32Array.of(1, 2, 5, 1, 3, 5, 0, 3, 5));
  assert.equal([...held(many, outputOf([1, 3, 1, 3], 1, 'softmax')).data], [1, 0, 1, 0, 1, 0, 0, 0, 0]);
  const each = floatTensor([1, 3], Float32Array.of(-1, 0, 1));
  assert.equal([...held(each, outputOf([1, 3], 1, 'sigmoid')).data], [0, 0, 1]);
  const half = floatTensor([1, 1, 3], Float32Array.of(0.4, 0.5, 0.6));
  assert.equal([...held(half, outputOf([1, 1, 3], 1, 'identity')).data], [0, 0, 1]);
});

ranking('a mask that is given as probabilities wins above a half', () => {
  const data = Float32Array.of(0.4, 0.6, 0.5, 0.9, 0, 1, 0.2, 0.1);
  assert.is(rank(floatTensor([1, 2, 4], data), MASK, []).of(0).probability, 3 / 8);
});

ranking('orders the classes of a classifier by probability', () => {
  const y = floatTensor([1, 5], Float32Array.of(0, Math.log(2), Math.log(4), 0, 0));
  const ranks = rank(y, CLASSIFIER, ['a', 'b', 'c']);
  const best = ranks.best(9);
  assert.equal(
    best.map(({ index, label }) => [index, label]),
    [
      [2, 'c'],
      [1, 'b'],
      [0, 'a'],
      [3, '3'],
      [4, '4'],
    ],
  );
  assert.ok(Math.abs(best[0].probability! - 4 / 9) < 1e-6);
  for (let count = 0; count < 5; count++) assert.equal(ranks.best(count), best.slice(0, count));
  assert.equal(ranks.of(1), best[1]);
});

/** [3 classes, 8 positions]: class 2 wins five positions, class 0 three. */
const WINS = [
  [9, 0, 0, 9, 9, 0, 0, 0],
  [8, 1, 1, 8, 8, 1, 1, 1],
  [0, 2, 2, 0, 0, 2, 2, 2],
];
for (const output of [DENSE, CHANNELS_LAST]) {
  ranking(`counts the positions that a class wins on [${output.dims.join(', ')}]`, () => {
    const data = new Float32Array(24);
    eachRun(output, (c, at, position, length) => data.set(WINS[c].slice(position, position + length), at));
    const y = floatTensor(output.dims, data);
    eachRun(output, (c, at, position, length) => {
      const own = [...held(y, output).data.subarray(at, at + length)];
      const won = [0, 2, 2, 0, 0, 2, 2, 2].map((winner) => (winner === c ? 1 : 0));
      assert.equal(own, won.slice(position, position + length));
    });
    assert.equal(
      rank(y, output, [])
        .best(3)
        .map(({ index, probability, logit }) => [index, probability, logit]),
      [
        [2, 5 / 8, 10],
        [0, 3 / 8, 27],
        [1, 0, 29],
      ],
    );
  });
}
ranking('gives each class of its own the sigmoid of its logit', () => {
  const y = floatTensor([1, 5], Float32Array.of(0, Math.log(3), -Math.log(3), 100, -100));
  const ranks = rank(y, MULTILABEL, []);
  const expected = [0.5, 0.75, 0.25, 1, 0];
  expected.forEach((p, c) => assert.ok(Math.abs(ranks.of(c).probability! - p) < 1e-6));
});

ranking('counts the positions where a class of its own is likelier than not', () => {
  const data = Float32Array.from({ length: 24 }, (_, at) => (at < 8 ? 1 : at < 12 ? 0.1 : -1));
  const ranks = rank(floatTensor([1, 3, 2, 4], data), DENSE_MULTILABEL, []);
  assert.equal(
    [0, 1, 2].map((c) => ranks.of(c).probability),
    [1, 0.5, 0],
  );
});
ranking.run();

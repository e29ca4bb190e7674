import { suite } from 'uvu';
import { compareDirection } from '../../src/explain/directional.ts';
import * as assert from '../helpers/assert.ts';

const test = suite('a directional derivative against differences');

/** Rounds to a number of bits, as arithmetic of lower precision does. */
const rounded = (value: number, bits: number): number => {
  const unit = 2 ** (Math.floor(Math.log2(Math.abs(value) || 1)) - bits);
  return Math.round(value / unit) * unit;
};

const compare = (f: (x: number) => number, predicted: number, bits = 24) =>
  compareDirection((step) => Promise.resolve({ value: rounded(f(step), bits), change: predicted * step }), {
    predicted,
    precision: 2 ** -bits,
    scale: Math.abs(predicted),
  });

for (const [title, f, slope] of [
  ['a polynomial', (x: number) => 3 + 2 * x - 5 * x ** 3, 2],
  ['a sine that bends at large steps', (x: number) => 4 + Math.sin(30 * x), 30],
  ['a large value with a small slope', (x: number) => 1000 + x, 1],
  ['a constant', () => 7, 0],
] as const) {
  test(title, async () => {
    const right = await compare(f, slope);
    assert.is(right.verdict, 'equal');
    if (slope === 0) return;
    for (const wrong of [0, -slope, 1.1 * slope, 0.9 * slope])
      assert.is((await compare(f, wrong)).verdict, 'mismatch', `${wrong} instead of ${slope}`);
  });
}

test('at a kink any slope between the two sides is one', async () => {
  const relu = (x: number) => 1 + Math.max(0, 6 * x);
  for (const predicted of [0, 1, 6])
    assert.is((await compare(relu, predicted)).verdict, 'kink', `${predicted}`);
  assert.is((await compare(relu, 3)).verdict, 'equal');
  for (const wrong of [-12, 18]) assert.is((await compare(relu, wrong)).verdict, 'mismatch', `${wrong}`);
});

test('a kink off the point is passed by small steps', async () => {
  const off = (x: number) => 1 + Math.max(0, x + 2e-3) * 6;
  assert.is((await compare(off, 6)).verdict, 'equal');
  assert.is((await compare(off, 3)).verdict, 'mismatch');
});

test('in half precision, a line through several steps tells a slope that no single one does', async () => {
  // Many kinks bend the function in proportion to the step, as in a deep network.
  const bent = (x: number) => 13 + 70 * x - 180 * x * Math.abs(x);
  for (const f of [bent, (x: number) => 3 + 20 * x - 30 * x ** 3]) {
    const slope = f === bent ? 70 : 20;
    const right = await compare(f, slope, 11);
    assert.is(right.verdict, 'equal');
    assert.ok(right.difference < 0.05, `${right.difference}`);
    for (const wrong of [0, -slope, 0.5 * slope, 1.5 * slope])
      assert.is((await compare(f, wrong, 11)).verdict, 'mismatch', `${wrong} instead of ${slope}`);
  }
  const relu = (x: number) => 1 + Math.max(0, 6 * x);
  assert.is((await compare(relu, 6, 11)).verdict, 'kink');
  assert.is((await compare(relu, -12, 11)).verdict, 'mismatch');
});

test('what rounding hides is told, not called equal or wrong', async () => {
  const steep = (x: number) => 100 + Math.sin(40 * x);
  assert.is((await compare(steep, 40, 24)).verdict, 'equal');
  assert.is((await compare(steep, 30, 6)).verdict, 'noise');
});

test.run();

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { RULES, ZERO_GRADIENT } from '../../src/operators/index.ts';
import { CASES } from './cases/index.ts';
import { checkVjp } from './check.ts';

const test = suite('every rule');

test('has a case', () => {
  const covered = new Set(CASES.map(({ op }) => op));
  assert.equal(
    Object.keys(RULES).filter((op) => !covered.has(op)),
    [],
  );
});

test('differentiates, or is known to be flat, but not both', () => {
  assert.equal(
    Object.keys(RULES).filter((op) => ZERO_GRADIENT.has(op)),
    [],
  );
});

for (const given of CASES) {
  test(`${given.op}${given.title ? `: ${given.title}` : ''}`, () => checkVjp(given));
}

test.run();

import { suite } from 'uvu';
import { InternalError } from '../../src/errors.ts';
import { OPERATORS } from '../../src/operators/index.ts';
import { mergeTables } from '../../src/table.ts';
import * as assert from '../helpers/assert.ts';
import { CASES } from './cases/index.ts';
import { checkVjp } from './check.ts';

const test = suite('every operator');

test('with a gradient has a case', () => {
  const covered = new Set(CASES.map(({ op }) => op));
  const differentiated = [...OPERATORS].filter(([, { vjp, parts }]) => (vjp ?? parts) !== undefined);
  assert.equal(
    differentiated.map(([op]) => op).filter((op) => !covered.has(op)),
    [],
  );
});

test('has a gradient, parts that have one, a zero gradient or a barrier, and only one of them', () => {
  for (const [op, { vjp, parts, zeroGradient, barrier }] of OPERATORS)
    assert.is([vjp, parts, zeroGradient, barrier].filter((one) => one !== undefined).length, 1, op);
});

test('has one row: two of one name throw', () => {
  assert.equal(
    [...mergeTables([{ Relu: 1 }, { Selu: 2 }])],
    [
      ['Relu', 1],
      ['Selu', 2],
    ],
  );
  assert.throws(
    () => mergeTables([{ Relu: 1 }, { Relu: 2 }]),
    (error: unknown) => error instanceof InternalError && /"Relu"/.test(error.message),
  );
});

for (const given of CASES) {
  test(`${given.op}${given.title ? `: ${given.title}` : ''}`, () => checkVjp(given));
}

test.run();

import { suite } from 'uvu';
import * as assert from '../helpers/assert.ts';

const test = suite('assertions of large values');

const message = (found: unknown, expected: unknown): string => {
  try {
    assert.equal(found, expected, 'bytes');
  } catch (error) {
    return (error as Error).message;
  }
  return 'equal';
};

test('name the first difference, at once', () => {
  const numbers = Float32Array.from({ length: 1e6 }, (_, i) => i);
  assert.is(message(numbers, numbers.slice()), 'equal');
  assert.is(message(numbers, numbers.with(5, -1).with(7, NaN)), 'bytes: [5] is 5, not -1');
  assert.is(message(numbers, numbers.subarray(0, 300)), 'bytes: has 1000000 elements, not 300');
  assert.is(message(numbers, Array.from(numbers)), 'bytes: is of Float32Array, not Array');
});

test('look into objects', () => {
  const of = (value: number) => ({ maps: [{ data: new Float32Array(300).with(299, value), width: 300 }] });
  assert.is(message(of(1), of(1)), 'equal');
  assert.is(message(of(NaN), of(NaN)), 'equal');
  assert.is(message(of(1), of(2)), 'bytes: .maps[0].data[299] is 1, not 2');
  assert.is(message({ ...of(1), more: 1 }, of(1)), 'bytes: .more is one too many');
});

test('are those of uvu for small ones', () => {
  assert.is(message([1, 2], [1, 2]), 'equal');
  assert.is(message([1, 2], [1, 3]), 'bytes');
});

test.run();

import { suite } from 'uvu';
import { random } from '../../src/methods/random.ts';
import * as assert from '../helpers/assert.ts';

const test = suite('random numbers');

/** sfc32 as PractRand has it, on whole numbers without limits; the first twelve draws are thrown away. */
function sfc32(seed: number, stream: number, name: string): () => number {
  const word = (value: bigint) => BigInt.asUintN(32, value);
  // FNV-1a: http://www.isthe.com/chongo/tech/comp/fnv/
  const hash = [...name].reduce(
    (sum, letter) => word((sum ^ BigInt(letter.charCodeAt(0))) * 16777619n),
    2166136261n,
  );
  let [a, b, c, counter] = [BigInt(seed), BigInt(stream), hash, 1n];
  const next = () => {
    const out = word(a + b + counter);
    counter = word(counter + 1n);
    a = b ^ (b >> 9n);
    b = word(c + (c << 3n));
    c = word(word((c << 21n) | (c >> 11n)) + out);
    return Number(out);
  };
  for (let i = 0; i < 12; i++) next();
  return next;
}

test('come from sfc32 of the seed, the stream and the name', () => {
  for (const [seed, stream, name] of [
    [0, 0, 'rise'],
    [7, 0, 'smoothgrad'],
    [2 ** 32 - 1, 12345, 'sscam'],
  ] as const) {
    const [{ uniform }, next] = [random(seed, name, stream), sfc32(seed, stream, name)];
    for (let i = 0; i < 100; i++) assert.is(uniform(), next() / 2 ** 32);
  }
});

test('are normal with mean 0 and deviation 1, and do not depend on the one before', () => {
  const { normal } = random(3, 'noise');
  const draws = Array.from({ length: 40000 }, normal);
  const moment = (power: number) => draws.reduce((sum, v) => sum + v ** power, 0) / draws.length;
  // Within five standard errors.
  for (const [power, expected, deviation] of [
    [1, 0, 1],
    [2, 1, Math.sqrt(2)],
    [3, 0, Math.sqrt(15)],
    [4, 3, Math.sqrt(96)],
  ])
    assert.ok(Math.abs(moment(power) - expected) < (5 * deviation) / 200, `${power}: ${moment(power)}`);
  const next = draws.slice(1).reduce((sum, v, i) => sum + v * draws[i], 0) / draws.length;
  assert.ok(Math.abs(next) < 5 / 200, String(next));
});

test.run();

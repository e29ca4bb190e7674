import { readFileSync } from 'node:fs';
import { suite } from 'uvu';
import { type CamError, Explainer, parseTarget } from '../../src/index.ts';
import { targetOf } from '../../src/targets/given.ts';
import * as assert from '../helpers/assert.ts';

const test = suite('targets from callers without types');

const refusal = (given: unknown): CamError => {
  try {
    targetOf(given as never, []);
  } catch (error) {
    return error as CamError;
  }
  throw new Error(`${JSON.stringify(given)} passed`);
};

for (const [given, option, message] of [
  [{ clas: 3 }, 'target', /one of the keys class, detection, similar, index, .* Did you mean "class"/],
  [{}, 'target', /one of the keys/],
  [{ class: 3, index: [0, 1] }, 'target', /`class` and `index` are two targets/],
  [{ class: 3, ovr: 'all' }, 'target.ovr', /Did you mean "over"/],
  [{ class: undefined }, 'target.class', /is missing: it takes a class index or label/],
  [{ class: -1 }, 'target.class', /takes a class index or label/],
  [{ class: 1, over: 3 }, 'target.over', /'predicted' or a mask/],
  [{ index: '0' }, 'target.index', /an integer or \{ from, to \} for each axis/],
  [{ index: [0, { form: 1 }] }, 'target.index', /for each axis/],
  [{ index: [0, 0.5] }, 'target.index', /for each axis/],
  [{ index: [0, 1], reduce: 'bogus' }, 'target.reduce', /one of sum, mean, max/],
  [{ index: [0, 1], reduce: 'constructor' }, 'target.reduce', /one of sum, mean, max/],
  [{ index: [0, 1], output: 3 }, 'target.output', /the name of an output/],
  [{ minus: [{ class: 1 }] }, 'target.minus', /a list of two targets/],
  [{ minus: ['cat', 'dog'] }, 'target.minus[0]', /is "cat", but takes an object/],
  [{ minus: [{ class: 1 }, { class: 2, bogus: 2 }] }, 'target.minus[1].bogus', /Known: class, over/],
  [{ similar: 3 }, 'target.similar', /\{ file \}, an image or a Float32Array/],
  [{ detection: -1 }, 'target.detection', /the number of a detection/],
  [{ detection: { x: 1 } }, 'target.detection', /\{ x, y \} in pixels/],
  [{ of: 3, label: 'mine' }, 'target.of', /a function/],
  [{ of: () => 0 }, 'target.label', /is missing/],
  [[1, 2], 'target', /takes an object/],
  [null, 'target', /is null/],
] as const) {
  test(JSON.stringify(given), () => {
    const error = refusal(given);
    assert.equal([error.code, error.option], ['BAD_TARGET', option]);
    assert.match(error.message, message);
  });
}

test('parseTarget takes text', () => {
  assert.throws(
    () => parseTarget(3 as never),
    (error: CamError) => error.code === 'BAD_TARGET',
  );
});

test("what a caller's function returns is checked, and a missing class blames its option", async () => {
  const golfBall = readFileSync(new URL('../../examples/golf-ball.jpg', import.meta.url));
  const explainer = await Explainer.load();
  for (const returned of [undefined, 3, { score: 1 }, { score: 1, seed: new Float32Array(2) }]) {
    const target = { label: 'mine', of: () => returned as never };
    const error = await explainer.explain(golfBall, { target }).catch((e: CamError) => e);
    assert.equal([(error as CamError).code, (error as CamError).option], ['BAD_TARGET', 'target.of']);
    assert.match((error as CamError).message, /each of the output's 1000 values/);
  }
  for (const options of [{ class: 1000 }, { class: 'unicorn' }]) {
    const error = await explainer.explain(golfBall, options).catch((e: CamError) => e);
    assert.equal([(error as CamError).code, (error as CamError).option], ['UNKNOWN_CLASS', 'class']);
  }
  for (const target of [null, '']) {
    const error = await explainer.explain(golfBall, { target: target as never }).catch((e: CamError) => e);
    assert.equal([(error as CamError).code, (error as CamError).option], ['BAD_OPTION', 'target']);
  }
  await explainer.close();
});

test.run();

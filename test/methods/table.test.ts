import { suite } from 'uvu';
import { Explainer, type ExplainOptions, findMethod, METHODS, overlay } from '../../src/index.ts';
import type { Need } from '../../src/methods/method.ts';
import { random } from '../../src/methods/random.ts';
import * as assert from '../helpers/assert.ts';
import { fixture, relativeError } from '../helpers/fixtures.ts';

// What holds for every row of the table, whatever its formula.
const test = suite('every method');

const EXAMPLES = {
  cnn: fixture('gap'),
  transformer: fixture('vit'),
};

for (const [id, method] of Object.entries(METHODS)) {
  const needs: readonly Need[] = method.needs;
  const given = needs.includes('attention') ? EXAMPLES.transformer : EXAMPLES.cnn;
  const image = id === 'class-visualization' ? undefined : given.tensor('input');
  const options: ExplainOptions = {
    method: id,
    target: given.target,
    layer: given.layer,
    channels: 6,
    samples: 3,
  };

  test(`${id}: says what it shows, when to take it, what it costs and whose it is`, () => {
    for (const text of [method.title, method.about, method.when, method.cost]) assert.ok(text.length > 2);
    assert.match(method.paper, /(19|20)\d\d|arXiv:/);
    assert.match(method.about, /\.$/);
    assert.equal(findMethod(id), id);
    assert.equal(findMethod(id.toUpperCase().replaceAll('-', ' ')), id);
  });

  test(`${id}: a heatmap in [0, 1] at the image's size, the same each time and in batches of any size`, async () => {
    const explainer = await Explainer.load(given.model);
    const first = await explainer.explain(image, { ...options, batchSize: 4 });
    const again = await explainer.explain(image, { ...options, batchSize: 4 });
    const alone = await explainer.explain(image, { ...options, batchSize: 1 });
    assert.equal([first.heatmap.width, first.heatmap.height], [64, 64]);
    assert.ok(first.heatmap.data.every((value) => value >= 0 && value <= 1));
    assert.ok(first.raw.every(({ data }) => data.every(Number.isFinite)));
    assert.ok(first.raw.some(({ data }) => data.some((value) => value !== 0)));
    assert.equal(again.raw, first.raw);
    assert.equal(again.heatmap, first.heatmap);
    first.raw.forEach(({ data }, i) => assert.ok(relativeError(alone.raw[i].data, data) < 1e-3));
    const picture = await overlay(first);
    assert.is(picture.data.length, picture.width * picture.height * 4);
    await explainer.close();
  });
}

test('a name that is near is offered', () => {
  try {
    findMethod('ablation-cams');
    assert.unreachable();
  } catch (error) {
    assert.match((error as Error).message, /Did you mean "ablationcam"/);
  }
});

// ---- Random numbers ----

test('the generator is uniform and normal, and its streams have nothing in common', () => {
  const draw = (stream: number) => {
    const { uniform } = random(7, 'test', stream);
    return Array.from({ length: 20000 }, uniform);
  };
  const [a, b] = [draw(0), draw(1)];
  const mean = (values: number[]) => values.reduce((x, y) => x + y, 0) / values.length;
  assert.ok(Math.abs(mean(a) - 0.5) < 0.01);
  assert.ok(Math.abs(mean(a.map((v) => (v - 0.5) ** 2)) - 1 / 12) < 0.002);
  assert.ok(Math.abs(mean(a.map((v, i) => (v - 0.5) * (b[i] - 0.5)))) < 0.002);
  assert.ok(Math.abs(mean(a.slice(1).map((v, i) => (v - 0.5) * (a[i] - 0.5)))) < 0.002);
  const { normal } = random(7, 'test');
  const n = Array.from({ length: 20000 }, normal);
  assert.ok(Math.abs(mean(n)) < 0.03);
  assert.ok(Math.abs(mean(n.map((v) => v * v)) - 1) < 0.05);
  assert.ok(Math.abs(mean(n.map((v) => v ** 4)) - 3) < 0.3);
});

test.run();

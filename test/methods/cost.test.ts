import { suite } from 'uvu';
import { Explainer, METHODS } from '../../src/index.ts';
import * as assert from '../helpers/assert.ts';
import { fixture } from '../helpers/fixtures.ts';

// The table states what a method costs; the network counts what it ran.
const test = suite('the cost of every method');

const SAMPLES = 3;
const CHANNELS = 4;

/** Runs per kind that a cost such as `1 backward + N × (1 forward + 1 backward)` stands for. */
function runsOf(cost: string, layers: number): { forward: number; backward: number; head: number } {
  const runs = { forward: 0, backward: 0, head: 0 };
  const value = (text: string): number =>
    text
      .split(' × ')
      .map((factor) => ({ N: SAMPLES, C: CHANNELS, L: layers })[factor] ?? Number(factor))
      .reduce((a, b) => a * b, 1);
  const add = (factor: number, term: string, ofHead: boolean): void => {
    const [, count, kind] = /^(.+?) (forward|backward)s?/.exec(term) ?? [];
    if (count === undefined)
      runs.forward += factor * value(term); // the N of "N + 1 forwards"
    else if (kind === 'backward') runs.backward += factor * value(count);
    else if (ofHead || /of the head/.test(term)) runs.head += factor * value(count);
    else runs.forward += factor * value(count);
  };
  if (cost === 'none') return runs;
  const nested = /(\S+) × \((.+?)\)( of the head)?/g;
  for (const [, times, inner, head] of cost.matchAll(nested)) {
    for (const term of inner.split(' + ')) {
      // Both terms of `1 forward + 1 backward of the head` are of the head: its forward run is.
      add(value(times), term, head !== undefined || /of the head/.test(inner));
    }
  }
  const flat = cost
    .replace(nested, '')
    .split(' + ')
    .map((term) => term.trim());
  for (const term of flat) if (term !== '' && term !== '+') add(1, term, false);
  return runs;
}

const EXAMPLES = { cnn: fixture('gap'), transformer: fixture('vit') };
/** The fixture has the blocks 0 to 2. */
const ATTENTION_LAYERS = 3;

for (const [id, { cost, needs }] of Object.entries(METHODS)) {
  test(`${id}: ${cost}`, async () => {
    const transformer = (needs as readonly string[]).includes('attention');
    const { model, tensor, target, layer } = transformer ? EXAMPLES.transformer : EXAMPLES.cnn;
    const explainer = await Explainer.load(model);
    const { runs } = await explainer.explain(id === 'class-visualization' ? undefined : tensor('input'), {
      method: id,
      class: target,
      layer,
      samples: SAMPLES,
      channels: CHANNELS,
      batchSize: 1,
    });
    const { forward, backward, head } = runsOf(cost, ATTENTION_LAYERS);
    assert.equal({ ...runs }, { forward: 1 + forward, backward, head });
    await explainer.close();
  });
}

test.run();

import { suite } from 'uvu';
import { Explainer, METHODS } from '../../src/index.ts';
import * as assert from '../helpers/assert.ts';
import { fixture, fixtureNames, relativeError } from '../helpers/fixtures.ts';

// Maps of pytorch-grad-cam, one run of its Python package for each method and network.
const test = suite('maps equal those of pytorch-grad-cam');

const REFERENCE = (method: string) => (method === 'guided-backprop' ? 'guided_backprop' : `cam_${method}`);

for (const name of fixtureNames()) {
  const { methods, ...given } = fixture(name);
  const known = methods.filter((method) => method in METHODS);
  test(`${name}: ${known.join(', ')}`, async () => {
    const explainer = await Explainer.load(given.model);
    const { explanations, failures } = await explainer.explainAll(given.tensor('input'), {
      method: known,
      target: given.target,
      layer: given.layer,
      score: given.score,
      compat: 'pytorch-grad-cam',
    });
    assert.equal(
      failures.map(({ method, error }) => `${method}: ${error.message}`),
      [],
    );
    assert.equal(
      explanations.map(({ method }) => method),
      known,
    );
    for (const { method, heatmap, raw, shows } of explanations) {
      const reference = given.tensor(REFERENCE(method));
      const found = shows === 'signed' ? raw[0] : heatmap;
      const error = relativeError(found.data, reference.data);
      assert.ok(error <= 1e-3, `${method} is off by ${error}`);
    }
    await explainer.close();
  });
}

test.run();

import { suite } from 'uvu';
import { checkOptimizer } from '../../src/explain/verify-optimizer.ts';
import { Network } from '../../src/network/network.ts';
import { isFloat } from '../../src/onnx/data-type.ts';
import { readModel } from '../../src/onnx/read.ts';
import * as assert from '../helpers/assert.ts';
import { fixture, fixtureNames } from '../helpers/fixtures.ts';

// The optimizer of onnxruntime-web is not always right: what it gets wrong is switched off (src/runtime/optimizers.ts).
const test = suite('values with the optimizer of onnxruntime-web on and off');

for (const name of fixtureNames()) {
  test(name, async () => {
    const { model: bytes, tensor } = fixture(name);
    const model = readModel(bytes);
    const [input] = model.graph.inputs;
    const feeds = { [input.name]: tensor('input') };
    const network = await Network.open(model, feeds, {});
    const outputs = model.graph.outputs.map((output) => output.name);
    const inner = model.graph.nodes
      .flatMap((node) => node.outputs)
      .filter((value) => isFloat(network.facts.types.get(value)) && network.flow.consumers(value).length > 0);
    // The outputs alone, which allow the most fusions; then all values at once.
    for (const names of [outputs, [...new Set([...outputs, ...inner])]]) {
      const checks = await checkOptimizer(network, feeds, names, {});
      assert.is(checks.length, names.length);
      assert.equal(
        checks.filter(({ verdict }) => verdict === 'mismatch'),
        [],
      );
    }
    await network.close();
  });
}

test.run();

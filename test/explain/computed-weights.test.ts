// A weight may be computed from other constants: weight-only int8 and float16 files cast and scale every one. Here each
// float weight w of a network is 2 · (w/2), exactly the same number, so nothing may change.
import { suite } from 'uvu';
import { Explainer } from '../../src/index.ts';
import { Emitter } from '../../src/onnx/emitter.ts';
import { readModel } from '../../src/onnx/read.ts';
import { makeTensor, tensorValues } from '../../src/onnx/tensor.ts';
import * as assert from '../helpers/assert.ts';
import { fixture, relativeError } from '../helpers/fixtures.ts';

const test = suite('computed weights are weights');

function withComputedWeights(bytes: Uint8Array): Uint8Array {
  const { graph, opsets, irVersion } = readModel(bytes);
  const e = new Emitter('w');
  for (const { name, dims } of graph.inputs) e.input(name, 'float32', dims!);
  for (const [name, tensor] of graph.initializers) {
    if (tensor.type !== 'float32') e.initializer(tensor, name);
    else {
      const halves = tensorValues(tensor).map((value) => value / 2);
      e.alias(e.mul(e.initializer(makeTensor(`${name}/2`, 'float32', tensor.dims, halves)), 2), name);
    }
  }
  for (const { proto } of graph.nodes) e.copyNode(proto);
  graph.outputs.forEach(({ name }) => e.outputValue(name));
  return e.bytes(opsets, irVersion);
}

for (const [name, methods] of [
  ['gap', ['gradcam', 'cam', 'fullgrad']],
  ['resnet', ['gradcam', 'cam', 'fullgrad']],
  ['mobilenet_v2', ['gradcam', 'cam', 'fullgrad']],
  ['squeezenet', ['gradcam', 'cam', 'fullgrad']],
  ['vit', ['gradcam', 'legrad', 'rollout']],
  ['swin', ['gradcam']],
] as const) {
  test(name, async () => {
    const { model, tensor, target } = fixture(name);
    const options = { method: [...methods], target };
    const explain = async (bytes: Uint8Array) => {
      const explainer = await Explainer.load(bytes);
      try {
        const { explanations, failures } = await explainer.explainAll(tensor('input'), options);
        assert.equal(failures, []);
        return explanations;
      } finally {
        await explainer.close();
      }
    };
    const plain = await explain(model);
    const computed = await explain(withComputedWeights(model));
    for (const [i, { raw, layers, method }] of plain.entries()) {
      assert.equal(computed[i].layers, layers);
      assert.ok(
        raw[0].data.some((value) => value !== 0),
        method,
      );
      assert.ok(relativeError(computed[i].raw[0].data, raw[0].data) < 1e-4, method);
    }
  });
}

test.run();

import { suite } from 'uvu';
import { readsOf } from '../../src/autodiff/backward.ts';
import { CamError } from '../../src/errors.ts';
import { probe } from '../../src/network/probe.ts';
import { readModel } from '../../src/onnx/read.ts';
import { slice } from '../../src/onnx/slice.ts';
import { tapped } from '../../src/onnx/tap.ts';
import { createSession } from '../../src/runtime/session.ts';
import type { Tensor } from '../../src/runtime/tensor.ts';
import * as assert from '../helpers/assert.ts';
import { fixture, fixtureNames, relativeError } from '../helpers/fixtures.ts';

const test = suite('slice');

for (const name of fixtureNames()) {
  test(`${name}: the part from the layer on gives the output of the whole`, async () => {
    const { model: bytes, layer, tensor } = fixture(name);
    const model = readModel(bytes);
    const [{ name: input }] = model.graph.inputs;
    const [{ name: output }] = model.graph.outputs;
    const facts = await probe(model, { [input]: tensor('input') }, readsOf(model), {});
    const head = slice(model, facts, layer, output);

    const whole = await createSession(
      tapped(bytes, { outputs: head.inputs.filter((value) => value !== input) }),
    );
    const values = await whole.run({ [input]: tensor('input') }, [
      output,
      ...head.inputs.filter((value) => value !== input),
    ]);
    const part = await createSession(head.model);
    const feeds: Record<string, Tensor> = {};
    for (const value of head.inputs) feeds[value] = value === input ? tensor('input') : values[value];
    const result = await part.run(feeds, [output]);

    assert.is(head.inputs[0], layer);
    assert.ok(relativeError(result[output].data as Float32Array, tensor('output').data) < 1e-5);
    await whole.release();
    await part.release();
  });
}

test('refuses a way that does not exist', async () => {
  const { model: bytes, tensor } = fixture('gap');
  const model = readModel(bytes);
  const [{ name: input }] = model.graph.inputs;
  const [{ name: output }] = model.graph.outputs;
  const facts = await probe(model, { [input]: tensor('input') }, [], {});
  assert.throws(
    () => slice(model, facts, output, input),
    (error: unknown) => error instanceof CamError && error.code === 'UNKNOWN_LAYER',
  );
});

test.run();

import { suite } from 'uvu';
import { CamError } from '../../src/errors.ts';
import { findLayer, layersOf } from '../../src/network/layers.ts';
import { Network } from '../../src/network/network.ts';
import { readModel } from '../../src/onnx/read.ts';
import * as assert from '../helpers/assert.ts';
import { fixture } from '../helpers/fixtures.ts';

const test = suite('layers');

const { model: bytes, tensor } = fixture('vit');
const network = await Network.open(readModel(bytes), { input: tensor('input') }, {});
const layers = layersOf(network, 'input', 'output');

const says = (name: string, what: RegExp): void =>
  assert.throws(
    () => findLayer(network, layers, 'output', name),
    (error: unknown) =>
      error instanceof CamError &&
      error.code === 'UNKNOWN_LAYER' &&
      error.message.includes(name) &&
      what.test(error.message),
  );

test('are listed in running order, without the output', () => {
  const reached = new Map(network.flow.upstream(['output']).map((node, at) => [node.outputs[0], at]));
  const order = layers.map(({ name }) => reached.get(name)!);
  assert.equal(
    order,
    [...order].sort((a, b) => a - b),
  );
  assert.is(layers[0].name, '/patch_embed/proj/Conv_output_0');
  assert.not.ok(layers.some(({ name }) => name === 'output'));
});

test('one is found by its name', () => {
  const name = '/blocks/blocks.1/norm2/LayerNormalization_output_0';
  assert.is(findLayer(network, layers, 'output', name).name, name);
});

test('a misspelled name gets suggestions', () => {
  says(
    '/blocks/blocks.1/norm2/LayerNormalizatoin_output_0',
    /Did you mean "\/blocks\/blocks\.1\/norm2\/LayerN/,
  );
});

test('one is found by the name of its node, or of its module', () => {
  const find = (name: string) => findLayer(network, layers, 'output', name).name;
  assert.is(find('/patch_embed/proj/Conv'), '/patch_embed/proj/Conv_output_0');
  assert.is(find('patch_embed.proj'), '/patch_embed/proj/Conv_output_0');
  assert.is(find('blocks.2.norm1'), '/blocks/blocks.2/norm1/LayerNormalization_output_0');
});

test('a value that is not a map is refused with its shape', () => {
  says(
    '/blocks/blocks.1/attn/Softmax_output_0',
    /\[1, 2, 65, 65\].*not a map over rows and columns.*`tokens`/,
  );
});

test('sizes are not features', () => says('/patch_embed/Shape_output_0', /\[4\] has type int64/));

test('a constant does not depend on the image', () => {
  const [constant] = network.model.graph.initializers.keys();
  says(constant, /constant/);
});

test('the output is not a layer', () => says('output', /an output of the model/));

test.after(() => network.close());

test.run();

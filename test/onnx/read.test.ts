import { suite } from 'uvu';
import { CamError } from '../../src/errors.ts';
import { Emitter } from '../../src/onnx/emitter.ts';
import { readModel } from '../../src/onnx/read.ts';
import { tapped } from '../../src/onnx/tap.ts';
import { halfToFloat, makeTensor, tensorValues } from '../../src/onnx/tensor.ts';
import { MessageWriter } from '../../src/onnx/wire.ts';
import * as assert from '../helpers/assert.ts';
import { fixture, fixtureNames } from '../helpers/fixtures.ts';

const test = suite('readModel');

const badModel = (error: unknown) => error instanceof CamError && error.code === 'BAD_MODEL';

for (const name of fixtureNames()) {
  test(`${name}: opset, input and the fixture's layer are found`, () => {
    const { model: bytes, opset, layer, tensor } = fixture(name);
    const { graph, opsets } = readModel(bytes);
    assert.is(opsets.get(''), opset);
    assert.equal(graph.inputs[0].dims?.slice(1), tensor('input').dims.slice(1));
    assert.ok(graph.nodes.some(({ outputs }) => outputs.includes(layer)));
  });
}

test('keeps weights as views of the file', () => {
  const { model: bytes } = fixture('resnet');
  for (const { proto } of readModel(bytes).graph.initializers.values()) assert.is(proto.buffer, bytes.buffer);
});

test('joins a graph in two parts', () => {
  const { model: bytes, layer } = fixture('gap');
  const names = readModel(tapped(bytes, { outputs: [layer] })).graph.outputs.map(({ name }) => name);
  assert.equal(names, [...readModel(bytes).graph.outputs.map(({ name }) => name), layer]);
});

test('reads what the emitter writes', () => {
  const e = new Emitter();
  const x = e.input('x', 'float32', [1, 'N']);
  const y = e.op('LeakyRelu', [x], { alpha: { float: 0.25 } });
  e.output(e.op('com.microsoft.Gelu', [e.reshape(y, [-1, 2])]), 'z');
  const { graph, opsets, irVersion } = readModel(e.bytes());
  assert.equal(
    graph.nodes.map(({ op }) => op),
    ['LeakyRelu', 'Reshape', 'com.microsoft.Gelu', 'Identity'],
  );
  assert.is(graph.nodes[0].attributes.get('alpha'), 0.25);
  assert.equal(graph.inputs[0].dims, [1, 'N']);
  assert.is(opsets.get(''), 18);
  assert.is(irVersion, 9);
  assert.equal(tensorValues([...graph.initializers.values()][0]), [-1, 2]);
});

test('reads Constant nodes as initializers, and attributes omitted by proto3 as zero', () => {
  const attribute = new MessageWriter().string(1, 'value_int').int(20, 2); // type INT, no value
  const node = new MessageWriter().string(2, 'c').string(4, 'Constant').message(5, attribute);
  const relu = new MessageWriter().string(1, 'x').string(2, 'y').string(4, 'Relu');
  const graph = new MessageWriter().message(1, node).message(1, relu);
  const model = readModel(new MessageWriter().message(7, graph).bytes());
  assert.equal(tensorValues(model.graph.initializers.get('c')!), [0]);
  assert.is(model.graph.nodes.length, 1);
});

test('does not list initializers among the inputs (IR < 4 does)', () => {
  const e = new Emitter();
  e.input('w', 'float32', [1]);
  e.initializer(makeTensor('w2', 'float32', [1], [3]), 'w2');
  e.output(e.add('w', 'w2'), 'y');
  const again = new Emitter('v');
  again.input('w2', 'float32', [1]);
  assert.equal(
    readModel(e.bytes()).graph.inputs.map(({ name }) => name),
    ['w'],
  );
});

test('refuses what is not a model, and says so', () => {
  assert.throws(() => readModel(new TextEncoder().encode('<html>404</html>')), badModel);
  assert.throws(() => readModel(new Uint8Array(0)), badModel);
  assert.throws(() => readModel(new Uint8Array(1000)), badModel);
});

test('refuses a model that is cut off anywhere', () => {
  const { model: bytes } = fixture('gap');
  for (let end = 1; end < bytes.length - 100; end += 97)
    assert.throws(() => readModel(bytes.subarray(0, end)), badModel);
});

test('reads half precision as IEEE 754 has it', () => {
  const cases: [bits: number, value: number][] = [
    [0x0000, 0],
    [0x3c00, 1],
    [0xc000, -2],
    [0x7bff, 65504],
    [0x0001, 2 ** -24],
    [0x3555, 0.333251953125],
    [0x7c00, Infinity],
  ];
  for (const [bits, value] of cases) assert.is(halfToFloat(bits), value);
  assert.ok(Number.isNaN(halfToFloat(0x7e00)));
});

test.run();

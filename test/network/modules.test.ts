// One network with a module called twice, a list of modules and a pair of names alike, written by both exporters of
// PyTorch 2.15; and one of Keras layers, written by tf2onnx 1.17 from Keras 2 (tf_keras 2.21) and Keras 3. The sums and
// sums of squares are those that forward hooks saw at the last call of every module, and those of Keras' own layers.
import { readFileSync } from 'node:fs';
import { suite } from 'uvu';
import { CamError } from '../../src/errors.ts';
import { readNpy } from '../../src/image/npy.ts';
import { findLayer, layersOf } from '../../src/network/layers.ts';
import { moduleNames } from '../../src/network/module-names.ts';
import { modulesNamed, modulesOf } from '../../src/network/modules.ts';
import { Network } from '../../src/network/network.ts';
import { Emitter, nodeProto } from '../../src/onnx/emitter.ts';
import { readModel } from '../../src/onnx/read.ts';
import { fields, MessageWriter, utf8 } from '../../src/onnx/wire.ts';
import { floatTensor, toFloat } from '../../src/runtime/tensor.ts';
import * as assert from '../helpers/assert.ts';
import { regraph } from '../helpers/regraph.ts';
import { Draft, positions } from './draft.ts';

const test = suite('modules');

const read = (name: string) => readFileSync(new URL(`../cases/modules/${name}`, import.meta.url));

type Sums = Readonly<Record<string, { readonly sum: number; readonly squares: number }>>;

interface Example {
  readonly network: Network;
  readonly input: string;
  readonly output: string;
  readonly feeds: Parameters<Network['forward']>[0];
  readonly want: Sums;
}

async function example(file: string, x: string, sums: string): Promise<Example> {
  const model = readModel(read(`${file}.onnx`));
  const { dims, data } = readNpy(read(x));
  const [[input], [output]] = [model.graph.inputs, model.graph.outputs].map((ports) =>
    ports.map(({ name }) => name),
  );
  const feeds = { [input]: floatTensor(dims, data) };
  const want = JSON.parse(String(read(sums))) as Sums;
  return { network: await Network.open(model, feeds, {}), input, output, feeds, want };
}

const older = await example('pytorch-older', 'pytorch-x.npy', 'pytorch-want.json');
const newer = await example('pytorch-newer', 'pytorch-x.npy', 'pytorch-want.json');
const keras2 = await example('keras2', 'keras-x.npy', 'keras2-want.json');
const keras3 = await example('keras3', 'keras-x.npy', 'keras3-want.json');

/** The layer that a name means. */
const layer = ({ network, input, output }: Example, name: string): string =>
  findLayer(network, layersOf(network, input, output), output, name).name;

const says = (one: Example, name: string, what: RegExp): void =>
  assert.throws(
    () => layer(one, name),
    (error: unknown) =>
      error instanceof CamError && error.code === 'UNKNOWN_LAYER' && what.test(error.message),
  );

for (const [title, one, folded] of [
  ["PyTorch's older exporter", older, []],
  ["PyTorch's newer exporter", newer, []],
  // tf2onnx folds the normalization into this convolution and keeps the name of the normalization.
  ['Keras 2', keras2, ['conv1_conv']],
  ['Keras 3', keras3, []],
] as const) {
  test(`${title}: every module is found by its name, and means its last value`, async () => {
    const modules = modulesOf(one.network, one.output);
    const missing: string[] = [];
    for (const [name, { sum, squares }] of Object.entries(one.want)) {
      const [module, ...others] = modulesNamed(modules, name);
      assert.equal(others, [], name);
      if (module === undefined) {
        missing.push(name);
        continue;
      }
      const { [module.value]: value } = await one.network.forward(one.feeds, [module.value]);
      const { data } = toFloat(value);
      const found = data.reduce((s, v) => [s[0] + v, s[1] + v * v] as const, [0, 0] as readonly [
        number,
        number,
      ]);
      const error = [Math.abs(found[0] - sum), Math.abs(found[1] - squares)];
      assert.ok(
        error[1] < 1e-5 * squares && error[0] < 1e-4 * Math.sqrt(squares),
        `${name}: ${module.value}`,
      );
    }
    assert.equal(missing, folded);
  });
}

test('a layer is named by a module, a node or a value', () => {
  const relu = '/layers/layers.1/relu_1/Relu_output_0';
  assert.equal([layer(older, 'layers'), layer(older, 'layers.layers.1')], [relu, relu]);
  assert.is(layer(older, '/layers/layers.1/relu_1/Relu'), relu, 'a node');
  assert.is(layer(older, relu), relu);
  assert.is(layer(newer, 'layers.layers.1.relu'), 'relu_8');
  assert.is(layer(newer, 'node_add_2'), 'add_2', 'a node');
});

/** PyTorch's newer export, with the name and the recorded scopes of one node replaced. */
async function renamed(node: string, name: string, scopes: string): Promise<Example> {
  const model = regraph(read('pytorch-newer.onnx'), (field, graph) => {
    if (field.id !== 1 || ![...fields(field.bytes)].some(({ id, bytes }) => id === 3 && utf8(bytes) === node))
      return false;
    const entry = new MessageWriter().string(1, 'pkg.torch.onnx.name_scopes').string(2, scopes);
    // The last of several names counts, as does the last entry of a key.
    graph.message(1, new MessageWriter().raw(field.bytes).string(3, name).message(9, entry));
    return true;
  });
  return { ...newer, network: await Network.open(readModel(model), newer.feeds, {}) };
}

test('the exact name of a value wins over that of a node, and both over a module', async () => {
  const one = await renamed('node_relu_8', 'tanh', "['', 'conv2d', 'relu_8']");
  assert.is(modulesOf(one.network, one.output).all.get('conv2d')!.value, 'relu_8');
  assert.equal([layer(one, 'conv2d'), layer(one, 'tanh')], ['conv2d', 'tanh'], 'values');
  await one.network.close();
  const other = await renamed('node_relu_8', 'stem', "['', 'layers', 'relu_8']");
  assert.is(layer(other, 'stem'), 'relu_8', 'a node');
  await other.network.close();
});

test('a scope is read as Python writes it, and an empty one is the model itself', async () => {
  for (const [scopes, name] of [
    [`['', "it's", 'relu_8']`, "it's"],
    ["['', 'relu_8']", undefined],
    ['', undefined],
  ] as const) {
    const { network } = await renamed('node_relu_8', '', scopes);
    assert.is(moduleNames(network.model.graph).get('relu_8'), name, scopes);
    await network.close();
  }
});

/** The module of the last node, named so, of a graph whose nodes have these names and compute values of these names. */
function moduleOf(...nodes: readonly { value: string; name?: string; input?: string }[]): string | undefined {
  const graph = new MessageWriter();
  for (const { value, name = '', input = 'x' } of nodes)
    graph.message(1, new MessageWriter().string(1, input).string(2, value).string(3, name).string(4, 'Relu'));
  const model = readModel(new MessageWriter().int(1, 8).message(7, graph).bytes());
  return moduleNames(model.graph).get(nodes.at(-1)!.value);
}

test('names by timm, ONNX Runtime, TensorFlow and hand', () => {
  const cases: Readonly<Record<string, string | undefined>> = {
    '/blocks/blocks.11/norm1/LayerNormalization_output_0': 'blocks.11.norm1',
    '/blocks/blocks.6/blocks.6.0/conv_pwl/Conv_output_0': 'blocks.6.0.conv_pwl',
    '/features/features.1/conv/conv.0/conv.0.2/Clip_output_0': 'features.1.conv.0.2',
    '/model.16/cv2/act/Mul_output_0': 'model.16.cv2.act',
    '/encoder/layers/encoder_layer_1/ln_1/LayerNormalization_output_0': 'encoder.layers.encoder_layer_1.ln_1',
    '/layer4/layer4.1/relu/Relu_output_0_DequantizeLinear_Output': 'layer4.1.relu',
    'StatefulPartitionedCall/resnet50/conv5_block3_out/Relu:0': 'resnet50/conv5_block3_out',
    'MobilenetV2/expanded_conv_16/project/BatchNorm/FusedBatchNorm:0':
      'MobilenetV2/expanded_conv_16/project/BatchNorm',
    'model/re_lu/Relu6;model/bn/FusedBatchNormV3;model/conv/Conv2D': 'model/re_lu',
    'model/conv2d/Conv2D__33:0': undefined,
    'fire2/squeeze1x1_2': 'fire2',
    '/Add_output_0': undefined,
    'input.16': undefined,
    relu_3: undefined,
  };
  for (const [value, module] of Object.entries(cases)) assert.is(moduleOf({ value }), module, value);
  assert.is(moduleOf({ value: 'y', name: '/fc/Gemm' }), 'fc', 'an output');
  assert.is(moduleOf({ value: 'y', name: '/fc/MatMul/MatMulAddFusion' }), 'fc', 'fused');
  assert.is(moduleOf({ value: 'y', name: 'node_MatMul_74/MatMulAddFusion' }), undefined);
  assert.is(moduleOf({ value: 'y', name: 'layer1.0.relu2' }), 'layer1.0.relu2', 'by hand');
  assert.is(moduleOf({ value: 'a', name: 'stem.relu' }, { value: 'b', name: 'stem' }), 'stem', 'by hand');
  assert.is(
    moduleOf({ value: 'y/conv/Relu6' }, { value: 'Relu6__5:0', input: 'y/conv/Relu6' }),
    'y/conv',
    'added',
  );
});

test('layers numbered in one Keras session keep their numbers', () => {
  const nodes = ['model_1/conv2d_5/Conv2D:0', 'model_1/flatten/Reshape:0'].map((value) => ({ value }));
  assert.is(moduleOf(...nodes.toReversed()), 'model_1/conv2d_5');
  assert.is(
    moduleOf({ value: 'functional_1/relu_1/Relu:0' }, { value: 'functional_1/conv2d_1_2/convolution:0' }),
    'functional/conv2d_1',
  );
});

test('a value that only the module itself uses is not what the module means', async () => {
  const draft = new Draft();
  const { e } = draft;
  const map = draft.relu(draft.conv(e.input('x', 'float32', [1, 2, 8, 8]), 2, 4));
  const index = e.op('ArgMax', [e.op('Abs', [map])], { axis: 1 });
  e.output(draft.head(e.mul(map, e.op('Cast', [index], { to: 1 })), 4, [2, 3]), 'y');
  const model = regraph(e.bytes(), (field, graph) => {
    const op = field.id === 1 ? [...fields(field.bytes)].find(({ id }) => id === 4) : undefined;
    const name = op && utf8(op.bytes);
    const inside = name !== undefined && ['Relu', 'Abs', 'ArgMax'].includes(name);
    if (inside) graph.message(1, new MessageWriter().raw(field.bytes).string(3, `/a/${name}`));
    return inside;
  });
  const network = await Network.open(readModel(model), { x: positions(8, 8) }, {});
  assert.is(modulesOf(network, 'y').all.get('a')!.value, map);
  await network.close();
});

test('a sum that is fused with the normalization after it is where it was', async () => {
  const e = new Emitter('v');
  const node = (op: string, inputs: readonly string[], outputs: readonly string[]) => {
    e.copyNode(nodeProto(op, inputs, outputs).bytes());
    return outputs[0];
  };
  const ones = e.constant('float32', [4], [1, 2, 1, 2]);
  const skip = (inputs: readonly string[], output: string) =>
    node(
      'com.microsoft.SkipLayerNormalization',
      [...inputs.slice(0, 2), ones, ones, ...inputs.slice(2)],
      [output],
    );
  // BERT normalizes after the sum, a ViT before the next block.
  const embedded = node(
    'Relu',
    [e.input('x', 'float32', [1, 9, 4])],
    ['/embeddings/norm/LayerNormalization_output_0'],
  );
  const attended = node('Mul', [embedded, ones], ['/layer.0/attention/output/dense/MatMul_output_0']);
  const post = skip([attended, embedded, ones], '/layer.0/attention/output/norm/LayerNormalization_output_0');
  const first = node('Add', [post, embedded], ['/layer.1/Add_output_0']);
  const mlp = node('Mul', [first, ones], ['/layer.1/mlp/fc2/MatMul_output_0']);
  const next = skip([mlp, first, ones], '/layer.2/norm1/LayerNormalization_output_0');
  const mixed = node('Mul', [next, ones], ['/layer.2/attention/proj/MatMul_output_0']);
  e.output(skip([mixed, next], '/layer.2/norm2/LayerNormalization_output_0'), 'y');
  const feeds = {
    x: floatTensor(
      [1, 9, 4],
      Float32Array.from({ length: 36 }, (_, i) => Math.sin(i)),
    ),
  };
  const network = await Network.open(readModel(e.bytes()), feeds, {});
  const { all } = modulesOf(network, 'y');
  const values = ['layer.0.attention.output', 'layer.1', 'layer.1.mlp.fc2', 'layer.2'].map(
    (name) => all.get(name)?.value,
  );
  assert.equal(values, [
    post,
    `${next}:sum`,
    `${next}:shifted`,
    '/layer.2/norm2/LayerNormalization_output_0',
  ]);
  await network.close();
});

test('the end of a name suffices where it is unique', () => {
  assert.is(layer(keras2, 'block1_out'), 'tiny/block1_out/Relu6:0');
  assert.is(layer(keras2, 'tiny/block1_out'), 'tiny/block1_out/Relu6:0');
  assert.is(layer(older, 'layers.1.conv2'), '/layers/layers.1/conv2/Conv_output_0');
  says(
    older,
    'conv2',
    /3 modules whose name ends in "conv2", such as ".*layers\.0\.conv2" and ".*layers\.1\.conv2"/,
  );
});

test('a name close to those of modules gets them as suggestions', () => {
  says(older, 'layers.layers.2', /no value, node or module.* Did you mean "layers\.layers\.[01]" or/);
  says(newer, 'block.conv3', /Did you mean "block\.conv1" or "block\.conv2"/);
  says(keras3, 'block1_ouput', /Did you mean "block1_out"/);
  says(keras2, 'conv1_conv', /Did you mean "conv1_bn"/);
});

test('a module whose last value is not a map is refused with that value', () => {
  says(
    older,
    'pool',
    /The module "pool" ends in "\/pool\/GlobalAveragePool_output_0"\. .*\[1, 4, 1, 1\].*not a map/,
  );
  says(newer, 'fc', /The module "fc" ends in "y"\. "y" is an output of the model/);
});

test.after(async () => {
  for (const { network } of [older, newer, keras2, keras3]) await network.close();
});

test.run();

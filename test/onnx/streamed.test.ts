import { suite } from 'uvu';
import { Emitter } from '../../src/onnx/emitter.ts';
import { readModel } from '../../src/onnx/read.ts';
import { streamed } from '../../src/onnx/streamed.ts';
import { makeTensor, tensorValues } from '../../src/onnx/tensor.ts';
import { MessageWriter } from '../../src/onnx/wire.ts';
import { createSession } from '../../src/runtime/session.ts';
import { floatTensor } from '../../src/runtime/tensor.ts';
import * as assert from '../helpers/assert.ts';
import { normal } from '../helpers/random.ts';

const test = suite('weights that stay in the file');

const CHANNELS = 64;

/** A convolution with large weights and a normalization, whose folding reads them. */
function file(): Uint8Array {
  const e = new Emitter('v');
  let seed = 0;
  const drawn = (...dims: number[]) => {
    const draw = normal(++seed);
    const values = Float32Array.from({ length: dims.reduce((a, b) => a * b, 1) }, () => 0.1 * draw());
    return e.initializer(makeTensor(`w${seed}`, 'float32', dims, values));
  };
  const positive = e.constant('float32', [CHANNELS], new Float32Array(CHANNELS).fill(0.7));
  const map = e.op('Conv', [e.input('x', 'float32', [1, CHANNELS, 4, 4]), drawn(CHANNELS, CHANNELS, 3, 3)]);
  const normed = e.op('BatchNormalization', [map, positive, drawn(CHANNELS), drawn(CHANNELS), positive]);
  e.output(e.op('MatMul', [e.reshape(normed, [1, -1]), drawn(4 * CHANNELS, 100)]), 'y');
  const metadata = new MessageWriter().string(1, 'license').string(2, 'MIT');
  return new MessageWriter().raw(e.bytes()).message(14, metadata).bytes();
}

test('are read from there, and everything else is as it was', async () => {
  // In the middle of a buffer, as bytes may be.
  const bytes = new MessageWriter().raw(new Uint8Array(100)).raw(file()).bytes().subarray(100);
  const whole = readModel(bytes);
  const { model, path, data } = streamed(whole)!;
  assert.is(data, bytes);
  assert.ok(model.bytes.length < 10e3, `${model.bytes.length} of ${bytes.length} bytes`);
  assert.equal([...model.metadata, ...model.opsets], [...whole.metadata, ...whole.opsets]);
  const files = new Map([[path, data]]);
  for (const [name, tensor] of whole.graph.initializers) {
    const light = model.graph.initializers.get(name)!;
    assert.equal([light.type, ...light.dims], [tensor.type, ...tensor.dims]);
    const [a, b] = [tensorValues(light, files), tensorValues(tensor)];
    assert.ok(a.length === b.length && a.every((value, i) => value === b[i]), name);
  }
  const draw = normal(9);
  const feeds = { x: floatTensor([1, CHANNELS, 4, 4], Float32Array.from({ length: 16 * CHANNELS }, draw)) };
  const [expected, found] = await Promise.all(
    [
      { bytes, options: {} },
      { bytes: model.bytes, options: { external: [{ path, data }] } },
    ].map(async ({ bytes: given, options }) => {
      const session = await createSession(given, options);
      const { y } = await session.run(feeds, ['y']);
      await session.release();
      return Array.from(y.data as Float32Array);
    }),
  );
  assert.equal(found, expected);
});

test('a model of small weights is left as it is', () => {
  const e = new Emitter('v');
  e.output(e.add(e.input('x', 'float32', [2]), e.constant('float32', [2], [1, 2])), 'y');
  assert.is(streamed(readModel(e.bytes())), undefined);
});

test.run();

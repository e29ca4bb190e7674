import { suite } from 'uvu';
import { Emitter } from '../../src/onnx/emitter.ts';
import { foldWeights } from '../../src/onnx/fold.ts';
import type { Model } from '../../src/onnx/model.ts';
import { readModel } from '../../src/onnx/read.ts';
import { makeTensor, tensorValues } from '../../src/onnx/tensor.ts';
import { createSession } from '../../src/runtime/session.ts';
import { floatTensor } from '../../src/runtime/tensor.ts';
import * as assert from '../helpers/assert.ts';

const test = suite('weights in fewer bytes');

const [ROWS, COLUMNS] = [3, 200];
const BYTES = Array.from({ length: ROWS * COLUMNS }, (_, i) => ((i * 37) % 255) - 127);
const SCALES = [0.1, 0.3, 1e-3];
const FLOAT32 = 1;

/** x [1, 200] times the transpose of int8 weights [3, 200], each row of which has a scale. */
function quantized({ castIsOutput = false } = {}): Uint8Array {
  const e = new Emitter('v');
  const x = e.input('x', 'float32', [1, COLUMNS]);
  const stored = e.initializer(makeTensor('bytes', 'int8', [ROWS, COLUMNS], BYTES));
  const cast = e.op('Cast', [stored], { to: FLOAT32 });
  const weight = e.op('Mul', [cast, e.initializer(makeTensor('scale', 'float32', [ROWS, 1], SCALES))]);
  e.output(e.op('Gemm', [x, weight], { transB: 1 }), 'y');
  if (castIsOutput) e.outputValue(cast);
  return e.bytes(new Map([['', 18]]), 8);
}

test('are the float32 numbers that they stand for, to the last bit', () => {
  const { model, weights } = foldWeights(readModel(quantized()), 16);
  const { graph } = model;
  assert.not.ok(graph.nodes.some(({ op }) => op === 'Cast' || op === 'Mul'));
  const [weight, ...others] = [...graph.initializers.values()];
  assert.equal(
    [others.length, weight.name, weight.type, weight.dims],
    [0, graph.nodes[0].inputs[1], 'float32', [ROWS, COLUMNS]],
  );
  const byHand = BYTES.map((q, i) => Math.fround(q * Math.fround(SCALES[Math.floor(i / COLUMNS)])));
  assert.equal(tensorValues(weight, new Map([[weights!.path, weights!.data]])), byHand);
});

test('the model computes what it did, and has the room asked for', async () => {
  const given = readModel(quantized());
  const { model: folded, weights } = foldWeights(given, 16);
  assert.ok(folded.bytes.buffer.byteLength - folded.bytes.byteLength >= folded.room && folded.room === 16);
  const run = async ({ bytes }: Model, external: readonly { path: string; data: Uint8Array }[]) => {
    const session = await createSession(bytes, { optimize: false, external });
    const { y } = await session.run(
      {
        x: floatTensor(
          [1, COLUMNS],
          Float32Array.from({ length: COLUMNS }, (_, i) => Math.sin(i)),
        ),
      },
      ['y'],
    );
    await session.release();
    return y.data;
  };
  assert.equal(await run(folded, [weights!]), await run(given, []));
});

test('a value that is an output stays computed', () => {
  const { graph } = foldWeights(readModel(quantized({ castIsOutput: true })), 0).model;
  assert.ok(graph.nodes.some(({ op }) => op === 'Cast'));
});

test('a model with nothing to fold is the same bytes', () => {
  const e = new Emitter('v');
  const x = e.input('x', 'float32', [1, 2]);
  e.output(e.op('Mul', [x, e.initializer(makeTensor('s', 'float32', [1, 2], [1, 2]))]), 'y');
  const model = readModel(e.bytes());
  assert.is(foldWeights(model, 16).model, model);
});

test.run();

import { suite } from 'uvu';
import { Emitter } from '../../src/onnx/emitter.ts';
import { readModel } from '../../src/onnx/read.ts';
import { withOutputs } from '../../src/onnx/tap.ts';
import * as assert from '../helpers/assert.ts';

const test = suite('outputs added to a model');

/** y = −|x| with `room` spare bytes after the model. */
function model(room: number) {
  const e = new Emitter('v');
  e.alias(e.abs(e.input('x', 'float32', [1])), 'a');
  e.output(e.neg('a'), 'y');
  const bytes = e.bytes();
  const buffer = new Uint8Array(bytes.length + room);
  buffer.set(bytes);
  return readModel(buffer.subarray(0, bytes.length), room);
}

const outputsOf = (bytes: Uint8Array): string[] => readModel(bytes).graph.outputs.map(({ name }) => name);

test('take the spare bytes after it, or a copy where there are too few', async () => {
  for (const room of [0, 2, 1000]) {
    const given = model(room);
    await withOutputs(given, { outputs: ['a'] }, (bytes) => {
      assert.equal(outputsOf(bytes), ['y', 'a']);
      assert.is(bytes.buffer === given.bytes.buffer, room === 1000);
      return Promise.resolve();
    });
    assert.equal(outputsOf(given.bytes), ['y']);
  }
});

test('of two calls at a time never share bytes', async () => {
  const given = model(1000);
  await withOutputs(given, { outputs: ['a'] }, async (first) => {
    await withOutputs(given, { shapes: ['a'] }, (second) => {
      assert.equal(outputsOf(second), ['y', 'a/camwasm:shape']);
      return Promise.resolve();
    });
    assert.equal(outputsOf(first), ['y', 'a']);
  });
  await withOutputs(given, { outputs: ['a'] }, (bytes) => {
    assert.is(bytes.buffer, given.bytes.buffer);
    return Promise.resolve();
  });
});

test.run();

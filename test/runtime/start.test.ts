import { suite } from 'uvu';
import { fromBytes, onlyFirst } from '../../src/runtime/start.ts';
import * as assert from '../helpers/assert.ts';

const test = suite('start of the runtime');

interface Flags {
  wasmBinary?: ArrayBufferLike | Uint8Array;
  wasmPaths?: string;
}

test('the bytes are there while it starts, and nobody keeps them', async () => {
  const flags: Flags = {};
  const bytes = new ArrayBuffer(16);
  const seen = await fromBytes(flags, Promise.resolve(bytes))(async () => flags.wasmBinary);
  assert.is(seen, bytes);
  assert.not('wasmBinary' in flags);
  assert.is(bytes.byteLength, 0);
});

test('nor where the start fails', async () => {
  const flags: Flags = {};
  const bytes = new ArrayBuffer(16);
  const failure = await fromBytes(
    flags,
    Promise.resolve(bytes),
  )(() => Promise.reject(new Error('no'))).catch((error: Error) => error.message);
  assert.is(failure, 'no');
  assert.not('wasmBinary' in flags);
  assert.is(bytes.byteLength, 0);
});

test('who has said where the wasm is has the last word', async () => {
  for (const flags of [{ wasmPaths: '/elsewhere/' }, { wasmBinary: new Uint8Array(8) }] satisfies Flags[]) {
    const before = { ...flags };
    const seen = await fromBytes(flags, Promise.resolve(new ArrayBuffer(16)))(async () => ({ ...flags }));
    assert.equal(seen, before);
    assert.equal(flags, before);
  }
});

test('without bytes it starts all the same', async () => {
  assert.is(await fromBytes({}, Promise.resolve(undefined))(async () => 'started'), 'started');
  assert.is(await fromBytes({}, undefined)(async () => 'started'), 'started');
});

test('the first session starts the runtime, even if it fails, and no other', async () => {
  const events: string[] = [];
  const start = onlyFirst((create) => {
    events.push('start');
    return create();
  });
  const first = start(() => Promise.reject(new Error('no')));
  assert.is(await first.catch((error: Error) => error.message), 'no');
  await start(async () => events.push('second'));
  assert.equal(events, ['start', 'second']);
});

test.run();

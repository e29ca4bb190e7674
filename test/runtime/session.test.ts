import { suite } from 'uvu';
import { readModel } from '../../src/onnx/read.ts';
import { tapped } from '../../src/onnx/tap.ts';
import type { OrtModule } from '../../src/runtime/ort.ts';
import { createSession, withSession } from '../../src/runtime/session.ts';
import type { Tensor } from '../../src/runtime/tensor.ts';
import * as assert from '../helpers/assert.ts';
import { rejection } from '../helpers/failure.ts';
import { fixture } from '../helpers/fixtures.ts';
import { countedSessions } from '../helpers/sessions.ts';

const test = suite('sessions');

/** A runtime that does nothing for a while, and notes how many calls were in it at once. */
function slowRuntime(): { ort: OrtModule; calls: string[]; most: () => number } {
  const calls: string[] = [];
  let [inside, most] = [0, 0];
  const call =
    <Result>(name: string, result: Result, fails = false) =>
    async (): Promise<Result> => {
      calls.push(name);
      most = Math.max(most, ++inside);
      await new Promise((resolve) => setTimeout(resolve, 1));
      inside--;
      if (fails) throw new Error(`no ${name}`);
      return result;
    };
  const session = {
    inputMetadata: [],
    outputMetadata: [],
    run: call('run', {}),
    release: call('release', undefined),
  };
  const create = (bytes: Uint8Array) => call('create', session, bytes.length === 0)();
  const ort = { env: { wasm: {} }, InferenceSession: { create } } as unknown as OrtModule;
  return { ort, calls, most: () => most };
}

test('one call at a time is in onnxruntime-web, whoever makes it: create, run and release', async () => {
  const { ort, calls, most } = slowRuntime();
  const life = async (runtime: OrtModule, bytes: number) => {
    const session = await createSession(new Uint8Array(bytes), { ort: runtime });
    await Promise.all([session.run({}, []), session.run({}, [])]);
    await session.release();
  };
  // A module's namespace and its default export are two objects, but one runtime.
  const found = await Promise.allSettled([life(ort, 1), life({ ...ort }, 1), life(ort, 0), life(ort, 1)]);
  assert.equal(
    found.map(({ status }) => status),
    ['fulfilled', 'fulfilled', 'rejected', 'fulfilled'],
  );
  assert.is(most(), 1);
  assert.equal(
    ['create', 'run', 'release'].map((name) => calls.filter((call) => call === name).length),
    [4, 6, 3],
  );
});

test('runs that start at once compute what they compute one after another', async () => {
  const names = ['gap', 'resnet', 'mobilenet_v2', 'squeezenet', 'vit', 'densenet'];
  const runs = await Promise.all(
    names.map(async (name) => {
      const { model, tensor } = fixture(name);
      // The names and results of many outputs fill the stack of the runtime.
      const read = readModel(model);
      const outputs = read.graph.nodes.flatMap((node) => node.outputs.filter(Boolean));
      const ends = read.graph.outputs.map((port) => port.name);
      const more = outputs.filter((output) => !ends.includes(output));
      const session = await createSession(tapped(model, { outputs: more }));
      const feeds = { [session.inputs[0].name]: tensor('input') };
      return { session, run: () => session.run(feeds, outputs) };
    }),
  );
  const expected: Record<string, Tensor>[] = [];
  for (const { run } of runs) expected.push(await run());
  for (let round = 0; round < 5; round++) {
    const found = await Promise.all(runs.map(({ run }) => run()));
    for (const [i, outputs] of expected.entries()) {
      for (const [name, { data }] of Object.entries(outputs))
        assert.ok(
          data.every((value, at) => Object.is(value, found[i][name].data[at])),
          `${names[i]}: ${name}`,
        );
    }
  }
  await Promise.all(runs.map(({ session }) => session.release()));
});

test('who has much to run lets others run in between', async () => {
  const { ort } = slowRuntime();
  const [long, short] = await Promise.all([
    createSession(new Uint8Array(1), { ort }),
    createSession(new Uint8Array(1), { ort }),
  ]);
  const ends: string[] = [];
  const run = async (name: string, session: typeof long, times: number) => {
    for (let i = 0; i < times; i++) await session.run({}, []);
    ends.push(name);
  };
  await Promise.all([run('long', long, 20), run('short', short, 5)]);
  assert.equal(ends, ['short', 'long']);
});

test('a session that is lent is released, also where the work fails', async () => {
  const { ort, open, made } = countedSessions();
  const { model } = fixture('gap');
  assert.is(await withSession(model, { ort }, () => Promise.resolve(open())), 1);
  const failed = withSession(model, { ort }, () => Promise.reject(new Error('no')));
  assert.is((await rejection(failed)).message, 'no');
  assert.equal([open(), made()], [0, 2]);
});

test.run();

import { readFileSync } from 'node:fs';
import { suite } from 'uvu';
import {
  Explainer,
  type ExplainOptions,
  type ImageInput,
  inspect,
  type MethodId,
  verifyGradients,
} from '../../src/index.ts';
import { floatTensor } from '../../src/runtime/tensor.ts';
import * as assert from '../helpers/assert.ts';
import { rejection } from '../helpers/failure.ts';
import { fixture } from '../helpers/fixtures.ts';
import { countedSessions } from '../helpers/sessions.ts';

const test = suite('several explainers and calls at once');

const golfBall = readFileSync(new URL('../../examples/golf-ball.jpg', import.meta.url));

/** Models with methods of every kind: without gradients, with them, at the input, and with many runs. */
const WORK: Readonly<Record<string, readonly MethodId[]>> = {
  gap: ['gradcam', 'scorecam', 'fullgrad'],
  resnet: ['layercam', 'ablationcam', 'saliency'],
  mobilenet_v2: ['eigencam', 'guided-backprop', 'scorecam'],
  squeezenet: ['integrated-gradients', 'gradcampp', 'occlusion'],
  vit: ['gradcam', 'rollout', 'smoothgrad'],
  everyday36: ['scorecam', 'saliency', 'fullgrad'],
};

/** A fixture, or the built-in model with a photo. */
const subject = (name: string): { model?: Uint8Array; image: ImageInput; target?: number } => {
  if (name === 'everyday36') return { image: golfBall };
  const { model, tensor, target } = fixture(name);
  return { model, image: tensor('input'), target };
};

/** All maps of a model, loaded for each method and closed after it. */
async function mapsOf(name: string, between: () => Promise<unknown> = () => Promise.resolve()) {
  const { model, image, target } = subject(name);
  const maps: Float32Array[] = [];
  for (const method of WORK[name]) {
    const explainer = await Explainer.load(model);
    const options: ExplainOptions = { method, target, samples: 8 };
    const [one, again] = await Promise.all([
      explainer.explain(image, options),
      explainer.explain(image, { ...options, method: 'gradcam' }),
      between(),
    ]);
    maps.push(...[one, again].flatMap(({ raw }) => raw.map(({ data }) => data)));
    await explainer.close();
  }
  return maps;
}

test('six explainers at once find what they find one after another, while others load, fail and close', async () => {
  const names = Object.keys(WORK);
  const expected = new Map<string, Float32Array[]>();
  for (const name of names) expected.set(name, await mapsOf(name));
  const { model, tensor, target } = fixture('gap');
  const others: (() => Promise<unknown>)[] = [
    () => inspect(model),
    () => verifyGradients(model, tensor('input'), { target, directions: 1 }),
    () => rejection(Explainer.load(model).then((one) => one.explain(tensor('input'), { layer: 'nowhere' }))),
    () => Explainer.load().then((one) => one.explain(golfBall).then(() => one.close())),
  ];
  const found = await Promise.all(names.map((name, i) => mapsOf(name, others[i % others.length])));
  names.forEach((name, i) => {
    expected.get(name)!.forEach((map, at) => assert.ok(areEqual(found[i][at], map), `${name}, map ${at}`));
  });
});

test('explainers of one model, kept open, find what they find one after another', async () => {
  const methods: MethodId[] = [
    'gradcam',
    'scorecam',
    'saliency',
    'fullgrad',
    'guided-backprop',
    'ablationcam',
  ];
  const explainers = await Promise.all(methods.map(() => Explainer.load()));
  const explain = async (explainer: Explainer, i: number) =>
    (await explainer.explain(golfBall, { method: methods[i] })).raw[0].data;
  const expected: Float32Array[] = [];
  for (const [i, explainer] of explainers.entries()) expected.push(await explain(explainer, i));
  const fresh = await Promise.all(methods.map(() => Explainer.load()));
  for (const open of [fresh, explainers]) {
    const found = await Promise.all(open.map(explain));
    methods.forEach((method, i) => assert.ok(areEqual(found[i], expected[i]), method));
  }
  await Promise.all([...explainers, ...fresh].map((explainer) => explainer.close()));
});

const areEqual = (a: Float32Array, b: Float32Array): boolean =>
  a.length === b.length && a.every((value, i) => Object.is(value, b[i]));

/** Resolves with an explanation's picture when it is told to. */
function heldPicture(): { picture: Blob; release: () => void } {
  let release = (): void => undefined;
  const gate = new Promise<void>((resolve) => (release = resolve));
  class Held extends Blob {
    override async arrayBuffer() {
      await gate;
      return super.arrayBuffer();
    }
  }
  return { picture: new Held([golfBall]), release };
}

test('calls of one explainer run one after another', async () => {
  const explainer = await Explainer.load();
  const events: string[] = [];
  const call = (name: string, side: number) =>
    explainer.explain(floatTensor([1, 3, side, side], new Float32Array(3 * side * side).fill(0.5)), {
      method: 'scorecam',
      batchSize: 16,
      target: 0,
      onProgress: ({ done, total }) => events.push(`${name}: ${done} of ${total}`),
    });
  const found = await Promise.all([call('first', 48), call('second', 64), call('third', 48)]);
  assert.equal(
    found.map(({ heatmap }) => heatmap.width),
    [48, 64, 48],
  );
  const order = [...new Set(events.map((event) => event.split(':')[0]))];
  assert.equal(order, ['first', 'second', 'third']);
  assert.equal(
    events,
    events.toSorted((a, b) => order.indexOf(a.split(':')[0]) - order.indexOf(b.split(':')[0])),
  );
  await explainer.close();
});

test('a short call of another explainer does not wait for the end of a long one', async () => {
  const { model, tensor, target } = fixture('gap');
  const [long, short] = await Promise.all([Explainer.load(model), Explainer.load(model)]);
  const ends: string[] = [];
  const run = async (explainer: Explainer, method: MethodId) => {
    await explainer.explain(tensor('input'), { method, target, batchSize: 1, samples: 64 });
    ends.push(method);
  };
  await Promise.all([run(long, 'rise'), run(short, 'gradcam')]);
  assert.equal(ends, ['gradcam', 'rise']);
  await Promise.all([long.close(), short.close()]);
});

test('a call that waits, or whose picture does not come, is rejected as soon as it is aborted', async () => {
  const explainer = await Explainer.load();
  const { picture, release } = heldPicture();
  const [first, second] = [new AbortController(), new AbortController()];
  const running = explainer.explain(picture, { signal: first.signal });
  const waiting = explainer.explain(golfBall, { signal: second.signal });
  const predicting = explainer.predict(golfBall, { signal: second.signal });
  second.abort();
  for (const one of [waiting, predicting]) assert.is((await rejection(one)).code, 'ABORTED');
  first.abort(new Error('why'));
  assert.is(((await rejection(running)).cause as Error).message, 'why');
  release();
  assert.is((await explainer.explain(golfBall)).target.label, 'golf ball');
  await explainer.close();
});

test('an aborted call makes no more progress that its caller sees', async () => {
  const { model, tensor, target } = fixture('gap');
  const explainer = await Explainer.load(model);
  const stop = new AbortController();
  const progress: number[] = [];
  const work = explainer.explain(tensor('input'), {
    method: 'rise',
    target,
    batchSize: 8,
    samples: 64,
    signal: stop.signal,
    onProgress: ({ done }) => {
      progress.push(done);
      if (done === 16) stop.abort();
    },
  });
  assert.is((await rejection(work)).code, 'ABORTED');
  await explainer.close();
  assert.equal(progress, [8, 16]);
});

test('close() lets the call that runs end, rejects those that wait, and releases every session', async () => {
  const { ort, open, made } = countedSessions();
  const explainer = await Explainer.load(undefined, { ort });
  const { picture, release } = heldPicture();
  const running = explainer.explain(picture, { method: 'saliency' });
  const waiting = [explainer.explain(golfBall), explainer.predict(golfBall)].map(rejection);
  const closing = Promise.all([explainer.close(), explainer.close()]);
  for (const one of waiting) {
    const { code, message } = await one;
    assert.is(code, 'RUNTIME');
    assert.match(message, /closed.*Load the model again/);
  }
  release();
  assert.is((await running).target.label, 'golf ball');
  await closing;
  assert.ok(made() >= 3, 'one session measures, one runs forward, one backward');
  assert.is(open(), 0);
  assert.is((await rejection(explainer.explain(golfBall))).code, 'RUNTIME');
});

for (const method of ['gradcam', 'ablationcam', 'guided-backprop', 'fullgrad', 'legrad'] as const) {
  test(`no session of ${method} is left: after close(), another size, an error, or an abort`, async () => {
    const { ort, open, made } = countedSessions();
    const { model, tensor, target } = fixture(method === 'legrad' ? 'vit' : 'gap');
    const explainer = await Explainer.load(model, { ort });
    const image = tensor('input');
    await explainer.explain(image, { method, target });
    const few = open();
    assert.ok(few >= 1, 'sessions are kept for the next image');
    const before = made();
    await explainer.explain(image, { method, target });
    assert.equal([open(), made()], [few, before]);
    await rejection(explainer.explain(image, { method: 'gradcam', layer: 'nowhere' }));
    await rejection(explainer.explain(image, { method, target, signal: AbortSignal.abort() }));
    await explainer.close();
    assert.is(open(), 0);
  });
}

test('inspect and verify release their sessions, also where they find trouble', async () => {
  const { ort, open, made } = countedSessions();
  const { model, tensor, target } = fixture('resnet');
  await inspect(model, { ort });
  await verifyGradients(model, tensor('input'), { ort, target, operators: true, directions: 1 });
  const stop = new AbortController();
  const stopped = verifyGradients(model, tensor('input'), {
    ort,
    target,
    operators: true,
    signal: stop.signal,
  });
  stop.abort();
  await rejection(stopped);
  await rejection(verifyGradients(model, tensor('input'), { ort, layer: 'nowhere' }));
  assert.ok(made() > 10);
  assert.is(open(), 0);
});

test.run();

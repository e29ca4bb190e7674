import { readFileSync } from 'node:fs';
import { suite } from 'uvu';
import { CamError } from '../../src/errors.ts';
import { handlerOf } from '../../src/server/handler.ts';
import { createHandler, type Limits } from '../../src/server/index.ts';
import { createWorkerHandler } from '../../src/server/node.ts';
import { workerModels } from '../../src/server/worker-models.ts';
import * as assert from '../helpers/assert.ts';
import { rejection } from '../helpers/failure.ts';

const test = suite('server with a worker');

const photo = readFileSync(new URL('../../examples/golf-ball.jpg', import.meta.url));

/** A server whose worker misbehaves if it is told to. */
const naughty = (limits: Partial<Limits> = {}) =>
  handlerOf((all) => workerModels({ a: {} }, all, new URL('./naughty-worker.ts', import.meta.url)), {
    limits,
  });

type Handler = ReturnType<typeof naughty>;

const post = (handler: Handler, query: string, body: BodyInit): Promise<Response> =>
  handler.fetch(new Request(`http://camwasm.test/explain${query}`, { method: 'POST', body }));

const codeOf = async (response: Response): Promise<unknown> => [
  response.status,
  ((await response.json()) as { code: string }).code,
];

const health = async (handler: Handler): Promise<unknown> =>
  ((await (await handler.fetch(new Request('http://camwasm.test/healthz'))).json()) as { waiting: number })
    .waiting;

test('it answers as one without: pictures, numbers, errors, models', async () => {
  const [here, there] = [createHandler(), createWorkerHandler()];
  for (const [query, body] of [
    ['?method=layercam', photo],
    ['?format=npy&raw', photo],
    ['?format=jpg', photo],
    ['?class=unicorn', photo],
    ['?model=other', photo],
    ['', 'no image'],
    ['?top=99&format=json', photo],
  ] as const) {
    const [a, b] = [await post(here, query, body), await post(there, query, body)];
    assert.equal([b.status, b.headers.get('content-type')], [a.status, a.headers.get('content-type')], query);
    const [want, found] = await Promise.all([a, b].map((answer) => answer.arrayBuffer()));
    assert.is(Buffer.compare(Buffer.from(want), Buffer.from(found)), 0, query);
  }
  const models = (handler: Handler) => handler.fetch(new Request('http://camwasm.test/models'));
  assert.is(await (await models(there)).text(), await (await models(here)).text());
  await Promise.all([here.close(), there.close()]);
});

test('a model that cannot be loaded is an error with its path for the program, without for a client', async () => {
  const handler = createWorkerHandler({ models: { lost: { model: '/secret/lost.onnx' } } });
  const error = await rejection(handler.load());
  assert.instance(error, CamError);
  assert.is(error.code, 'BAD_MODEL');
  assert.match(error.message, /\/secret\/lost\.onnx/);
  const answer = await post(handler, '', photo);
  assert.not.match(await answer.clone().text(), /secret/);
  assert.equal(await codeOf(answer), [500, 'BAD_MODEL']);
  await handler.close();
});

test('health is answered while the worker is stuck, which costs its image an error and no other one', async () => {
  const handler = naughty({ seconds: 0.1 });
  const stuck = post(handler, '', 'spin');
  const next = post(handler, '', 'good');
  while ((await health(handler)) !== 2) await new Promise((turn) => setTimeout(turn, 1));
  assert.equal(await codeOf(await stuck), [504, 'ABORTED']);
  assert.is(await (await next).text(), '1');
  await handler.close();
});

test('a crash costs its image an error and no other one', async () => {
  const handler = naughty();
  assert.is(await (await post(handler, '', 'good')).text(), '1');
  const [crashed, next] = [post(handler, '', 'crash'), post(handler, '', 'good')];
  assert.equal(await codeOf(await crashed), [500, 'CRASHED']);
  assert.is(await (await next).text(), '1', 'of a new worker');
  await handler.close();
});

test('close answers what waits, refuses what comes, and ends the worker', async () => {
  const handler = naughty();
  const waiting = [post(handler, '', 'good'), post(handler, '', 'good')];
  const arriving = handler.fetch(
    new Request('http://camwasm.test/explain', {
      method: 'POST',
      body: new ReadableStream({ start: (body) => body.enqueue(new Uint8Array(1)) }),
      duplex: 'half',
    } as RequestInit),
  );
  while ((await health(handler)) !== 2) await new Promise((turn) => setTimeout(turn, 1));
  const closed = handler.close();
  assert.equal(await codeOf(await arriving), [503, 'BUSY']);
  assert.equal(await codeOf(await post(handler, '', 'good')), [503, 'BUSY']);
  assert.equal(await Promise.all(waiting.map(async (answer) => (await answer).text())), ['1', '2']);
  await closed;
  await handler.close();
});

test.run();

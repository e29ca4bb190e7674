import { suite } from 'uvu';
import { type Bodies, bodiesOf } from '../../src/server/bodies.ts';
import { DEFAULT_LIMITS, type Limits } from '../../src/server/limits.ts';
import { Problem } from '../../src/server/problem.ts';
import * as assert from '../helpers/assert.ts';

const test = suite('bodies being received');

const bodies = (limits: Partial<Limits>): Bodies =>
  bodiesOf({ ...DEFAULT_LIMITS, ...limits }, (why) => new Problem('BUSY', why));

/** A request whose body comes when it is told to. */
function slow(to: Bodies) {
  let stream!: ReadableStreamDefaultController<Uint8Array>;
  const body = new ReadableStream<Uint8Array>({ start: (controller) => void (stream = controller) });
  const request = new Request('http://camwasm.test', { method: 'POST', body, duplex: 'half' } as RequestInit);
  let use!: () => void;
  const used = new Promise<void>((resolve) => (use = resolve));
  const outcome = to
    .hold(request, async (bytes) => {
      await used;
      return `${bytes.length} bytes`;
    })
    .catch(({ code }: Problem) => code);
  return {
    outcome,
    send: async (bytes: number) => {
      stream.enqueue(new Uint8Array(bytes));
      await new Promise((turn) => setTimeout(turn));
    },
    end: () => stream.close(),
    /** Ends the work on it. */
    use,
  };
}

test('when all places are taken, the one that has been silent for longest is given up', async () => {
  const room = bodies({ receiving: 3 });
  const [a, b, c] = [slow(room), slow(room), slow(room)];
  for (const one of [b, c, a]) await one.send(1);
  assert.is(room.size, 3);
  const d = slow(room);
  assert.is(await b.outcome, 'BUSY');
  assert.is(room.size, 3);
  for (const one of [a, c, d]) {
    await one.send(2);
    one.end();
    one.use();
  }
  assert.equal(await Promise.all([a.outcome, c.outcome, d.outcome]), ['3 bytes', '3 bytes', '2 bytes']);
  assert.is(room.size, 0);
});

test('a place is free again as soon as the body is there', async () => {
  const room = bodies({ receiving: 1 });
  const [a] = [slow(room)];
  await a.send(1);
  a.end();
  while (room.size > 0) await new Promise((turn) => setTimeout(turn));
  const b = slow(room);
  await b.send(1);
  b.end();
  for (const one of [a, b]) {
    one.use();
    assert.is(await one.outcome, '1 bytes');
  }
});

test('all bodies together have a bound, those at work too', async () => {
  const room = bodies({ held: 100 });
  const working = slow(room);
  await working.send(60);
  working.end();
  const [a, b] = [slow(room), slow(room)];
  await a.send(30);
  await b.send(20);
  assert.is(await a.outcome, 'BUSY', 'the other one is the slower');
  await b.send(30);
  assert.is(await b.outcome, 'BUSY', 'there is no other');
  working.use();
  assert.is(await working.outcome, '60 bytes');
  const c = slow(room);
  await c.send(100);
  c.end();
  c.use();
  assert.is(await c.outcome, '100 bytes');
});

test('what is declared takes no room', async () => {
  const room = bodies({ held: 100, bytes: 100 });
  const headers = { 'content-length': '100' };
  const body = () => new ReadableStream({ start: (stream) => stream.enqueue(new Uint8Array(1)) });
  const declared = Array.from({ length: 5 }, () =>
    room
      .hold(
        new Request('http://camwasm.test', {
          method: 'POST',
          headers,
          body: body(),
          duplex: 'half',
        } as RequestInit),
        () => Promise.resolve('used'),
      )
      .catch(({ code }: Problem) => code),
  );
  const good = slow(room);
  await good.send(90);
  good.end();
  good.use();
  assert.is(await good.outcome, '90 bytes');
  room.close();
  assert.equal(
    await Promise.all(declared),
    Array.from({ length: 5 }, () => 'BUSY'),
  );
});

test('a body is the bytes that were sent, in whatever parts', async () => {
  const sent = Uint8Array.from({ length: 1000 }, (_, i) => (i * 7) % 256);
  for (const size of [1, 3, 250, 999, 1000]) {
    const body = new ReadableStream({
      start(stream) {
        for (let i = 0; i < 1000; i += size) stream.enqueue(sent.slice(i, i + size));
        stream.close();
      },
    });
    const request = new Request('http://camwasm.test', {
      method: 'POST',
      body,
      duplex: 'half',
    } as RequestInit);
    const found = await bodies({ bytes: 1000 }).hold(request, (bytes) => Promise.resolve([...bytes]));
    assert.is(found.join(), sent.join(), `parts of ${size}`);
  }
});

test.run();

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { App } from './app.ts';
import { startServer } from './server.ts';

const CLIENTS = 50;
const REQUESTS = 400;
/** Requests after which memory is as large as it gets. */
const WARM = 150;
/** What a collector may be behind; a picture that is kept of every request would be twice as much. */
const GROWTH = 1.3;
/** Requests at once, more than the server lets in (docs/server.md: `waiting`). */
const BURST = 130;
const LET_IN = 100;

/**
 * The server holds 50 clients: each request is answered and memory stays flat. Of more requests at once than it lets
 * in, the others are told to come back. An interrupt ends it.
 */
export async function load(app: App): Promise<void> {
  const photo = readFileSync(join(app.folder, 'material/golf-ball.jpg'));
  const server = await startServer(app, process.execPath, ['serve.js']);
  const times: number[] = [];
  const statuses = new Map<number, number>();
  let [asked, warm, most] = [0, 0, 0];
  const ask = () => fetch(`${server.url}/explain?method=gradcam&format=npy`, { method: 'POST', body: photo });
  const client = async () => {
    while (asked < REQUESTS) {
      asked++;
      const started = performance.now();
      const response = await ask();
      const { byteLength } = await response.arrayBuffer();
      if (byteLength === 0) throw new Error('an empty answer');
      times.push(performance.now() - started);
      statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1);
      if (times.length === WARM) warm = server.memory();
      most = Math.max(most, server.memory());
    }
  };
  const started = performance.now();
  let seconds = 0;
  const burst = { answered: 0, refused: 0 };
  try {
    await Promise.all(Array.from({ length: CLIENTS }, client));
    seconds = (performance.now() - started) / 1000;
    await Promise.all(
      Array.from({ length: BURST }, async () => {
        const { status, headers, body } = await ask();
        await body?.cancel();
        if (status === 200) burst.answered++;
        if (status === 503 && Number(headers.get('retry-after')) > 0) burst.refused++;
      }),
    );
  } finally {
    const code = await server.stop();
    if (code !== 0) throw new Error(`the server ended with ${code} when it was interrupted`);
  }
  const at = (share: number) => times.toSorted((a, b) => a - b)[Math.floor(share * (times.length - 1))];
  console.log(
    `  ${REQUESTS} requests of ${CLIENTS} clients in ${seconds.toFixed(1)} s: ${(REQUESTS / seconds).toFixed(1)}/s, ` +
      `median ${at(0.5).toFixed(0)} ms, 99 % ${at(0.99).toFixed(0)} ms; ` +
      `memory ${warm.toFixed(0)} MB after ${WARM}, at most ${most.toFixed(0)} MB`,
  );
  if (statuses.get(200) !== REQUESTS) throw new Error(`not all were answered: ${[...statuses].join('; ')}`);
  console.log(`  of ${BURST} at once ${burst.answered} answered, ${burst.refused} refused with Retry-After`);
  if (burst.answered < LET_IN || burst.answered + burst.refused !== BURST)
    throw new Error('of a burst, each request has to be answered or told to come back');
  if (most > GROWTH * warm) throw new Error(`memory grew from ${warm} to ${most} MB`);
}

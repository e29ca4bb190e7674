import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

const test = suite('camwasm serve');

const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
const photo = readFileSync(new URL('../../examples/golf-ball.jpg', import.meta.url));

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  test(`${signal} lets it answer what is under way, and end`, async () => {
    const child = spawn(process.execPath, ['--import', 'tsx', main, 'serve', '--port', '0']);
    const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
    const url = await new Promise<string>((resolve) =>
      child.stdout.on('data', (chunk: Buffer) => resolve(/http:\S+/.exec(chunk.toString())![0])),
    );
    const answer = fetch(`${url}?method=smoothgradcampp&format=npy`, { method: 'POST', body: photo });
    const inside = async () => {
      const { waiting } = (await (await fetch(new URL('/healthz', url))).json()) as { waiting: number };
      return waiting > 0;
    };
    while (!(await inside())) await new Promise((resolve) => setTimeout(resolve, 10));
    child.kill(signal);
    assert.is((await answer).status, 200);
    assert.is(await ended, 0);
  });
}

test.run();

import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from '../helpers/assert.ts';

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

/** Status of a request with headers that fetch would not send. */
const statusOf = (url: string, headers: Record<string, string>): Promise<number | undefined> =>
  new Promise((resolve, reject) => {
    get(new URL('/healthz', url), { headers }, (response) => {
      response.resume();
      resolve(response.statusCode);
    }).once('error', reject);
  });

for (const [args, allowed] of [
  [[], { 'localhost:80': 200, 'evil.example': 403, 'cam.example': 403 }],
  [['--allow-host', 'cam.example'], { 'localhost:80': 200, 'evil.example': 403, 'cam.example:1': 200 }],
  [['--host', '0.0.0.0'], { 'localhost:80': 200, 'evil.example': 200 }],
  [
    ['--host', '0.0.0.0', '--allow-host', 'cam.example'],
    { '127.0.0.1': 200, 'evil.example': 403, 'cam.example': 200 },
  ],
] as const) {
  test(`serve ${args.join(' ')} answers to its names, and to pages that may ask`, async () => {
    const child = spawn(process.execPath, ['--import', 'tsx', main, 'serve', '--port', '0', ...args]);
    const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
    const url = await new Promise<string>((resolve) =>
      child.stdout.on('data', (chunk: Buffer) => resolve(/http:\S+/.exec(chunk.toString())![0])),
    );
    for (const [host, status] of Object.entries(allowed))
      assert.is(await statusOf(url, { host }), status, host);
    const origin = 'https://evil.example';
    assert.is(await statusOf(url, { host: 'localhost', origin }), 403);
    assert.is(await statusOf(url, { host: 'localhost', origin: 'http://localhost:5173' }), 200);
    child.kill('SIGTERM');
    assert.is(await ended, 0);
  });
}

test('a signal while the model is loaded ends it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'camwasm-'));
  const labels = join(folder, 'labels.json');
  spawnSync('mkfifo', [labels]);
  const child = spawn(process.execPath, [
    '--import',
    'tsx',
    main,
    'serve',
    '--port',
    '0',
    '--labels',
    labels,
  ]);
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  try {
    const writer = await open(labels, 'w'); // resolves when they are read
    child.kill('SIGTERM');
    // Node does not end before a read that waits has.
    await writer
      .writeFile(readFileSync(new URL('../../models/labels.json', import.meta.url)))
      .catch(() => undefined);
    await writer.close();
    assert.is(await ended, 0);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test.run();

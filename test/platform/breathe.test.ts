import { spawn } from 'node:child_process';
import { suite } from 'uvu';
import { runtime } from '../../src/platform/runtime.ts';
import * as assert from '../helpers/assert.ts';

const test = suite('breathe');

interface Way {
  /** Runs a module that is given as text. */
  readonly args: readonly string[];
  /** A server of the runtime's own, on a free port: `port`. */
  readonly serve: string;
}

/** The runtime that the tests run on is tried: npm test and npm run test:deno. */
const WAYS: Readonly<Record<string, Way>> = {
  node: {
    args: ['--import', 'tsx', '--input-type=module', '-e'],
    serve: `import { createServer } from 'node:http';
      const server = createServer((_, response) => response.end('ok'));
      const port = await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server.address().port)));`,
  },
  deno: {
    args: ['eval', '--no-lock', '--node-modules-dir=manual'],
    serve: `const { port } = Deno.serve({ port: 0, hostname: '127.0.0.1', onListen() {} }, () => new Response('ok')).addr;`,
  },
};

/** Works in pieces of 100 ms, breathes in between, and says when it gives up waiting for a request. */
const busy = (serve: string): string => `${serve}
  import { breathe } from '${new URL('../../src/platform/breathe.ts', import.meta.url).href}';
  console.log(port);
  for (const start = performance.now(); performance.now() - start < 120000; await breathe()) {
    for (const piece = performance.now(); performance.now() - piece < 100; );
  }
  console.log('done');`;

test(`a server on ${runtime()} answers while work goes on`, async () => {
  const { args, serve } = WAYS[runtime()];
  const child = spawn(process.execPath, [...args, busy(serve)], { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  const port = new Promise<number>((resolve) =>
    child.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      resolve(parseInt(said));
    }),
  );
  try {
    const response = await fetch(`http://127.0.0.1:${await port}`);
    assert.is(await response.text(), 'ok');
    assert.not.match(said, 'done');
  } finally {
    child.kill();
  }
});

test.run();

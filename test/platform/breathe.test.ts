import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

const test = suite('breathe');

const deno = fileURLToPath(new URL('../runtimes/node_modules/.bin/deno', import.meta.url));

/** Each runtime's way to run a module, and its own server: a promise of its port. */
const RUNTIMES: Record<string, { command: readonly string[]; serve: string }> = {
  node: {
    command: [process.execPath, '--import', 'tsx', '--input-type=module', '-e'],
    serve: `import { createServer } from 'node:http';
      const server = createServer((_, response) => response.end('ok'));
      const port = new Promise((resolve) => server.listen(0, () => resolve(server.address().port)));`,
  },
  deno: {
    command: [deno, 'eval', '--no-lock', '--node-modules-dir=manual'],
    serve: `const port = Deno.serve({ port: 0, onListen() {} }, () => new Response('ok')).addr.port;`,
  },
};

/** For four seconds it works in pieces of 100 ms, and breathes in between. */
const busy = (serve: string): string => `${serve}
  import { breathe } from '${new URL('../../src/platform/breathe.ts', import.meta.url).href}';
  console.log(await port);
  for (const start = performance.now(); performance.now() - start < 4000; await breathe()) {
    for (const piece = performance.now(); performance.now() - piece < 100; );
  }
  process.exit();`;

for (const [name, { command, serve }] of Object.entries(RUNTIMES)) {
  if (!existsSync(command[0])) continue; // installed with the tests of the runtimes
  test(`${name}: a server answers while work goes on`, async () => {
    const child = spawn(command[0], [...command.slice(1), busy(serve)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const port = await new Promise<string>((resolve) =>
      child.stdout.once('data', (chunk: Buffer) => resolve(chunk.toString().trim())),
    );
    const started = performance.now();
    assert.is(await (await fetch(`http://127.0.0.1:${port}`)).text(), 'ok');
    assert.ok(performance.now() - started < 1500, `after ${(performance.now() - started).toFixed(0)} ms`);
    child.kill();
  });
}

test.run();

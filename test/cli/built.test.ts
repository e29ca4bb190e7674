import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Context, suite } from 'uvu';
import { decode } from '../../src/image/decode.ts';
import { readNpy, writeNpy } from '../../src/image/npy.ts';
import * as assert from '../helpers/assert.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const main = join(root, 'dist/cli/main.js');
/** The runtime that this test runs on is the one that the command line is tried on. */
const [program, ...prefix] =
  'Deno' in globalThis
    ? [
        process.execPath,
        'run',
        '--quiet',
        '--node-modules-dir=manual',
        '--no-lock',
        '--allow-read',
        '--allow-write',
        '--allow-env',
        '--allow-sys',
      ]
    : [process.execPath];
const golfBall = join(root, 'examples/golf-ball.jpg');
const builtin = join(root, 'models/efficientnet-lite0.onnx');
const fixture = (name: string) => join(root, 'test/fixtures/gap', name);

interface Here extends Context {
  cwd: string;
}

const built = suite<Here>('the built command line');

built.before(() => {
  const { status, stderr } = spawnSync('node', ['scripts/prepare.mjs'], { cwd: root, encoding: 'utf8' });
  assert.is(status, 0, stderr);
});
built.before.each((here) => {
  here.cwd = mkdtempSync(join(tmpdir(), 'camwasm-built-'));
});
built.after.each(({ cwd }) => rmSync(cwd, { recursive: true, force: true }));

const camwasm = ({ cwd }: Here, argv: readonly string[], input?: Uint8Array) => {
  const { status, stdout, stderr } = spawnSync(program, [...prefix, main, ...argv], {
    cwd,
    input,
    maxBuffer: 2 ** 26,
    timeout: 1200_000,
  });
  return { status, stdout, stderr: String(stderr), files: readdirSync(cwd) };
};

built('ends at a size for which the memory of the runtime has to grow', async (here) => {
  const { status, stdout, stderr } = camwasm(here, [golfBall, '--size', '512', '--verbose']);
  assert.is(status, 0, stderr);
  assert.match(String(stdout), /golf-ball\.gradcam\.png/);
  if ('Deno' in globalThis) assert.match(stderr, /one thread: .* Deno/);
});

built('explains the example as the README says', async (here) => {
  const { status, stdout, stderr, files } = camwasm(here, [golfBall, '--method', 'layercam']);
  assert.is(stderr, '');
  assert.is(status, 0);
  assert.equal(files, ['golf-ball.layercam.png']);
  const [, name, rest] = /^(\S+) {2}(.*)\n$/.exec(String(stdout))!;
  assert.is(name, golfBall);
  assert.match(rest, /^golf ball \d+\.\d % {2}layercam @ \S+ → golf-ball\.layercam\.png \(\d+\.\d\d s\)$/);
  const written = await decode(readFileSync(join(here.cwd, files[0])));
  const { width, height } = await decode(readFileSync(golfBall));
  assert.equal([written.width, written.height], [width, height]);
});

built('is a filter from standard input to standard output', (here) => {
  const { status, stdout, stderr, files } = camwasm(
    here,
    ['-', '-o', '-', '-f', 'npy'],
    readFileSync(golfBall),
  );
  assert.is(stderr, '');
  assert.is(status, 0);
  assert.equal(files, []);
  const { data } = readNpy(stdout);
  assert.equal([Math.min(...data.subarray(0, 1e5)) >= 0, data.includes(1)], [true, true]);
});

built('explains a tensor at its own size', (here) => {
  const model = fixture('model.onnx');
  const line = [fixture('input.npy'), '--model', model, '-f', 'npy', '-m', 'gradcam,guided-backprop'];
  const { status, stderr, files } = camwasm(here, line);
  assert.is(stderr, '');
  assert.is(status, 0);
  assert.equal(files.sort(), ['input.gradcam.npy', 'input.guided-backprop.npy']);
  const { dims } = readNpy(readFileSync(fixture('input.npy')));
  assert.equal(readNpy(readFileSync(join(here.cwd, files[0]))).dims, dims.slice(2));
  assert.equal(readNpy(readFileSync(join(here.cwd, files[1]))).dims, dims.slice(1));
});

built('tells in JSON what it did', (here) => {
  const { status, stdout } = camwasm(here, [golfBall, '--json', '-c', 'golf ball', '-m', 'cam']);
  assert.is(status, 0);
  const object = JSON.parse(String(stdout)) as Record<string, never>;
  const [{ layers, outputs, ...result }] = object.results as Record<string, unknown>[];
  assert.is((layers as string[]).length, 1);
  assert.equal(outputs, ['golf-ball.cam.png']);
  assert.is((result.class as { index: number }).index, 574);
  assert.is((object.preprocessing as { width: number }).width, 224);
});

const BAD: Record<string, { argv: string[]; exit: number; says: RegExp }> = {
  'an unknown option': { argv: [golfBall, '--nope'], exit: 2, says: /Unknown option --nope/ },
  'an unknown method': { argv: [golfBall, '-m', 'layercan'], exit: 2, says: /Unknown method "layercan"/ },
  'an unknown label': { argv: [golfBall, '-c', 'golf bal'], exit: 2, says: /Did you mean "golf ball"\?/ },
  'a class that the model has not': { argv: [golfBall, '-c', '1000'], exit: 2, says: /from 0 to 999/ },
  'an unknown layer': {
    argv: [golfBall, '-l', 'stage9'],
    exit: 2,
    says: /no value, node or module "stage9"/,
  },
  'a mean for too few channels': { argv: [golfBall, '--mean', '1,2'], exit: 2, says: /mean has 2/ },
  'another layout than the model has': {
    argv: [golfBall, '--layout', 'nhwc'],
    exit: 2,
    says: /is nchw, not nhwc/,
  },
  'other channels than the model has': {
    argv: [golfBall, '--channels', 'gray'],
    exit: 2,
    says: /gray has 1/,
  },
  'a size beyond all memory': { argv: [golfBall, '--size', '100000'], exit: 2, says: /Reduce --size to/ },
  'the input for a layer': { argv: [golfBall, '-l', 'input'], exit: 2, says: /is an input of the model/ },
  'a missing image': { argv: ['none.jpg'], exit: 1, says: /^camwasm: none\.jpg: There is no such file\./ },
  'what is no image': { argv: ['text.jpg'], exit: 1, says: /text\.jpg: This is not an image/ },
  'a truncated image': { argv: ['cut.jpg'], exit: 1, says: /cut\.jpg: This JPEG image is truncated/ },
  'a missing model': { argv: [golfBall, '--model', 'none.onnx'], exit: 1, says: /none\.onnx cannot be read/ },
  'what is no model': { argv: [golfBall, '--model', golfBall], exit: 1, says: /not an ONNX model/ },
  'a truncated model': { argv: [golfBall, '--model', 'cut.onnx'], exit: 1, says: /truncated/ },
  'a tensor of two images': {
    argv: ['two.npy', '--model', fixture('model.onnx')],
    exit: 1,
    says: /two\.npy: .*one image/,
  },
  'a place that cannot be written': { argv: [golfBall, '-o', 'text.jpg/x/'], exit: 1, says: /Cannot write/ },
};
for (const [what, { argv, exit, says }] of Object.entries(BAD)) {
  built(`${what} is an error that says so, and leaves nothing behind`, (here) => {
    const { dims, data } = readNpy(readFileSync(fixture('input.npy')));
    const files = {
      'text.jpg': 'no picture',
      'cut.jpg': readFileSync(golfBall).subarray(0, 5000),
      'cut.onnx': readFileSync(builtin).subarray(0, 50_000),
      'two.npy': writeNpy([2, ...dims.slice(1)], Float32Array.of(...data, ...data)),
    };
    for (const [name, content] of Object.entries(files)) writeFileSync(join(here.cwd, name), content);
    const outcome = camwasm(here, argv);
    assert.match(outcome.stderr, says);
    assert.match(outcome.stderr, /^camwasm: [^\n]+\n$/);
    assert.is(outcome.status, exit);
    assert.is(String(outcome.stdout), '');
    assert.equal(outcome.files.sort(), Object.keys(files).sort());
  });
}

built('a reader that leaves early is no error', async ({ cwd }) => {
  const child = spawn(program, [...prefix, main, golfBall, '-o', '-', '-f', 'json'], { cwd });
  let stderr = '';
  child.stderr.on('data', (chunk) => (stderr += String(chunk)));
  child.stdout.once('data', () => child.stdout.destroy());
  const status = await new Promise((resolve) => child.once('close', resolve));
  assert.is(stderr, '');
  assert.is(status, 0);
});

const SIGNALS = { SIGINT: 130, SIGTERM: 143 } as const;
for (const [name, code] of Object.entries(SIGNALS) as [keyof typeof SIGNALS, number][]) {
  /** Sends the signal when the model is loaded, which the first line of --verbose says, and awaits the end. */
  const stopped = async (cwd: string, line: readonly string[], delay: number, start?: Uint8Array) => {
    const child = spawn(program, [...prefix, main, ...line, '--verbose'], { cwd });
    let stderr = '';
    child.stderr.on('data', (chunk) => {
      if (stderr === '') setTimeout(() => child.kill(name), delay);
      stderr += String(chunk);
    });
    if (start) child.stdin.write(start);
    const [status, signal] = await new Promise<[number | null, string | null]>((resolve) =>
      child.once('exit', (...end) => resolve(end)),
    );
    child.stdin.destroy();
    // Deno ends the process by the signal itself, which shells show as the same number.
    if (signal === null || !('Deno' in globalThis)) {
      assert.is(status, code);
      assert.match(stderr, /camwasm: (-: )?Aborted/);
    } else assert.is(signal, name);
    assert.equal(readdirSync(cwd), []);
  };

  built(`${name} ends it between two runs, with nothing written`, ({ cwd }) =>
    // After a second the runs are on their way, with many to go.
    stopped(cwd, ['-m', 'class-visualization', '-c', '0,1,2,3'], 1000),
  );

  built(`${name} ends it while it waits for standard input, with nothing written`, async ({ cwd }) => {
    const half = readFileSync(golfBall).subarray(0, 5000);
    await stopped(cwd, ['-', '-o', 'out.png'], 0, half);
  });
}

built.run();

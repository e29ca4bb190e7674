// The limit is set once per process, so each case is a process of its own.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import { Emitter } from '../../src/onnx/emitter.ts';
import { makeTensor } from '../../src/onnx/tensor.ts';
import { loadRuntime } from '../../src/runtime/ort.ts';
import * as assert from '../helpers/assert.ts';
import { rejection } from '../helpers/failure.ts';
import { rawPng } from '../image/pictures.ts';

const test = suite('memory of the runtime');

const folder = mkdtempSync(join(tmpdir(), 'camwasm-memory-'));
test.after(() => rmSync(folder, { recursive: true }));

/** A network that repeats its map to `side` x `side`, four channels in float32. */
function repeating(side: number): string {
  const e = new Emitter();
  const x = e.input('x', 'float32', [1, 3, 8, 8]);
  e.initializer(makeTensor('w', 'float32', [4, 3, 1, 1], new Array<number>(12).fill(0.1)), 'w');
  e.initializer(makeTensor('repeats', 'int64', [4], [1, 1, side / 8, side / 8]), 'repeats');
  const map = e.op('Tile', [e.op('Relu', [e.op('Conv', [x, 'w'])]), 'repeats']);
  e.output(e.op('Flatten', [e.op('GlobalAveragePool', [map])]), 'scores');
  const path = join(folder, `${side}.onnx`);
  writeFileSync(path, e.bytes());
  return path;
}

const image = join(folder, 'x.png');
writeFileSync(image, rawPng({ width: 1, height: 1, depth: 8, type: 0 }, [0, 99]));

function explain(model: string, memory: number): string {
  const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
  const flags = ['--memory', String(memory), '--method', 'eigencam', '-o', join(folder, 'out.png')];
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ['--import', 'tsx', main, image, '--model', model, ...flags],
    { encoding: 'utf8' },
  );
  return stdout + stderr;
}

test('a model that needs more than `memory` fails, and says so', () => {
  const model = repeating(4000); // 256 MB
  assert.match(explain(model, 200), /needs more memory than the 200 MB of the runtime/);
  assert.match(explain(repeating(8), 200), 'out.png');
});

test('`memory` is at least what the runtime needs to start, and at most what it can address', async () => {
  for (const memory of [0, 99, 4295, 200.5, NaN]) {
    const error = await rejection(loadRuntime({ memory }));
    assert.is(error.code, 'BAD_OPTION');
    assert.match(error.message, 'from 100 to 4294');
  }
});

test.run();

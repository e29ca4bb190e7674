import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { env } from 'onnxruntime-web';
import { suite } from 'uvu';
import { dependencyFile } from '../../src/platform/package.ts';
import { wasmOnDisk } from '../../src/runtime/wasm.ts';
import * as assert from '../helpers/assert.ts';

const test = suite('wasm of the runtime');

test('the installed onnxruntime-web is handed the file that it would load itself', async () => {
  let file = dependencyFile('onnxruntime-web')!;
  for (const named of [/ort-wasm[\w.-]*\.mjs/, /ort-wasm[\w.-]*\.wasm/]) {
    file = join(dirname(file), named.exec(readFileSync(file, 'utf8'))![0]);
  }
  const expected = readFileSync(file);
  assert.ok(expected.equals(new Uint8Array((await wasmOnDisk(env.versions.web))!)));
});

test('a version that nobody looked at loads its own', async () => {
  assert.is(await wasmOnDisk('99.0.0'), undefined);
  assert.is(await wasmOnDisk(undefined), undefined);
});

test.run();

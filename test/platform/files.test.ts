import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import { readFile } from '../../src/platform/files.ts';
import { packageFile } from '../../src/platform/package.ts';
import * as assert from '../helpers/assert.ts';
import { rejection } from '../helpers/failure.ts';

const test = suite<{ folder: string }>('files');

test.before.each((context) => {
  context.folder = mkdtempSync(join(tmpdir(), 'camwasm-'));
});

test.after.each(({ folder }) => {
  rmSync(folder, { recursive: true });
});

test('bytes are a plain Uint8Array, whose slices are copies', async ({ folder }) => {
  writeFileSync(join(folder, 'a'), 'text');
  const bytes = await readFile(join(folder, 'a'));
  assert.is(bytes.constructor, Uint8Array);
});

test('reading what is not there gives the error of the system', async ({ folder }) => {
  assert.is((await rejection(readFile(join(folder, 'none')))).code, 'ENOENT');
});

test("the package's own files are found", async () => {
  const { name } = JSON.parse(new TextDecoder().decode(await readFile(packageFile('package.json')))) as {
    name: string;
  };
  assert.is(name, 'camwasm');
  assert.ok(existsSync(packageFile('models/labels.json')));
});

test.run();

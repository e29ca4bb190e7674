import { spawnSync } from 'node:child_process';
import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import { writeFile } from '../../src/cli/files.ts';
import { CamError } from '../../src/errors.ts';
import * as assert from '../helpers/assert.ts';
import { rejection } from '../helpers/failure.ts';

const test = suite<{ folder: string }>('written files');

test.before.each((context) => {
  context.folder = mkdtempSync(join(tmpdir(), 'camwasm-'));
});

test.after.each(({ folder }) => {
  rmSync(folder, { recursive: true });
});

test('what is written is read back, and nothing else lies beside it', async ({ folder }) => {
  const path = join(folder, 'new', 'deep', 'a.bin');
  await writeFile(path, new Uint8Array([1, 2, 3]));
  await writeFile(path, new Uint8Array([4, 5]));
  assert.equal(new Uint8Array(readFileSync(path)), new Uint8Array([4, 5]));
  assert.equal(readdirSync(join(folder, 'new', 'deep')), ['a.bin']);
});

test('a file takes the mode that the system gives to new ones', async ({ folder }) => {
  writeFileSync(join(folder, 'plain'), '');
  await writeFile(join(folder, 'ours'), 'text');
  assert.is(statSync(join(folder, 'ours')).mode, statSync(join(folder, 'plain')).mode);
});

test('a link stays a link: the file behind it is replaced', async ({ folder }) => {
  writeFileSync(join(folder, 'real'), 'old');
  symlinkSync(join(folder, 'real'), join(folder, 'link'));
  await writeFile(join(folder, 'link'), 'new');
  assert.is(readFileSync(join(folder, 'real'), 'utf8'), 'new');
  assert.is(readFileSync(join(folder, 'link'), 'utf8'), 'new');
  assert.equal(readdirSync(folder), ['link', 'real']);
});

test('a device is written to, not replaced', async () => {
  await writeFile('/dev/null', 'text');
  assert.not(statSync('/dev/null').isFile());
});

test('what cannot be written is OUTPUT, and leaves nothing behind', async ({ folder }) => {
  writeFileSync(join(folder, 'file'), 'kept');
  for (const path of [folder, join(folder, 'file', 'below')]) {
    const error = await rejection(writeFile(path, 'text'));
    assert.instance(error, CamError);
    assert.is(error.code, 'OUTPUT');
    assert.match(error.message, path);
  }
  assert.equal(readdirSync(folder), ['file']);
  assert.is(readFileSync(join(folder, 'file'), 'utf8'), 'kept');
});

test('standard input is read to its end', () => {
  const io = new URL('../../src/cli/io.ts', import.meta.url).href;
  const script = `import { processIO } from '${io}'; console.log((await processIO(process).stdin()).length)`;
  const { stdout } = spawnSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
    input: 'x'.repeat(200_000),
    encoding: 'utf8',
  });
  assert.is(stdout.trim(), '200000');
});

test.run();

import { spawnSync } from 'node:child_process';
import {
  existsSync,
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
import * as assert from 'uvu/assert';
import { CamError } from '../../src/errors.ts';
import { readFile, writeFile } from '../../src/platform/files.ts';
import { packageFile } from '../../src/platform/package.ts';

const test = suite<{ folder: string }>('files');

test.before.each((context) => {
  context.folder = mkdtempSync(join(tmpdir(), 'camwasm-'));
});

test.after.each(({ folder }) => {
  rmSync(folder, { recursive: true });
});

async function failure(work: Promise<unknown>): Promise<CamError> {
  try {
    await work;
  } catch (error) {
    return error as CamError;
  }
  return assert.unreachable('nothing was thrown') as never;
}

test('what is written is read back, and nothing else lies beside it', async ({ folder }) => {
  const path = join(folder, 'new', 'deep', 'a.bin');
  await writeFile(path, new Uint8Array([1, 2, 3]));
  await writeFile(path, new Uint8Array([4, 5]));
  assert.equal(await readFile(path), new Uint8Array([4, 5]));
  assert.equal(readdirSync(join(folder, 'new', 'deep')), ['a.bin']);
});

test('bytes are a plain Uint8Array, whose slices are copies', async ({ folder }) => {
  writeFileSync(join(folder, 'a'), 'text');
  const bytes = await readFile(join(folder, 'a'));
  assert.is(bytes.constructor, Uint8Array);
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
    const error = await failure(writeFile(path, 'text'));
    assert.instance(error, CamError);
    assert.is(error.code, 'OUTPUT');
    assert.match(error.message, path);
  }
  assert.equal(readdirSync(folder), ['file']);
  assert.is(readFileSync(join(folder, 'file'), 'utf8'), 'kept');
});

test('reading what is not there gives the error of the system', async ({ folder }) => {
  assert.is((await failure(readFile(join(folder, 'none')))).code, 'ENOENT');
});

test('standard input is read to its end', () => {
  const files = new URL('../../src/platform/files.ts', import.meta.url).href;
  const script = `import { readStdin } from '${files}'; console.log((await readStdin()).length)`;
  const { stdout } = spawnSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
    input: 'x'.repeat(200_000),
    encoding: 'utf8',
  });
  assert.is(stdout.trim(), '200000');
});

test("the package's own files are found", async () => {
  const { name } = JSON.parse(new TextDecoder().decode(await readFile(packageFile('package.json')))) as {
    name: string;
  };
  assert.is(name, 'camwasm');
  assert.ok(existsSync(packageFile('models/labels.json')));
});

test.run();

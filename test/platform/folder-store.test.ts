import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Context, suite } from 'uvu';
import { folderStore } from '../../src/platform/folder-store.ts';
import * as assert from '../helpers/assert.ts';

const test = suite<Context & { folder: string }>('files in a folder');

test.before.each((context) => {
  context.folder = mkdtempSync(join(tmpdir(), 'camwasm-store-'));
});
test.after.each(({ folder }) => rmSync(folder, { recursive: true }));

const bytes = (...values: number[]) => Uint8Array.from(values);

test('are written, read, measured, listed and removed', async ({ folder }) => {
  const store = folderStore(join(folder, 'new'));
  assert.equal(await store.list('a.json'), []);
  await store.write('x/y/a.json', bytes(1, 2));
  await store.write('x/y/a.json', bytes(3));
  await store.write('z/b.json', bytes(4));
  assert.equal(await store.read('x/y/a.json'), bytes(3));
  assert.equal([await store.sizeOf('x/y/a.json'), await store.sizeOf('x/none')], [1, undefined]);
  assert.equal(await store.list('a.json'), ['x/y/a.json']);
  await store.remove('x');
  assert.is(await store.sizeOf('x/y/a.json'), undefined);
  assert.equal(readdirSync(join(folder, 'new')), ['z']);
});

test('a draft is not the file until it is finished', async ({ folder }) => {
  const store = folderStore(folder);
  const draft = await store.draft('m.onnx');
  await draft.restart('"v1"');
  await draft.append(bytes(1, 2));
  assert.is(await store.sizeOf('m.onnx'), undefined);
  await draft.append(bytes(3));
  assert.is(
    await draft.digest(),
    createHash('sha256')
      .update(bytes(1, 2, 3))
      .digest('hex'),
  );
  await draft.finish();
  assert.equal(readdirSync(folder), ['m.onnx']);
});

test('a released draft goes on with its bytes, its validator and its checksum', async ({ folder }) => {
  const store = folderStore(folder);
  const first = await store.draft('m.onnx');
  await first.restart('"v/1+="');
  await first.append(bytes(1, 2));
  await first.release();
  const second = await store.draft('m.onnx');
  assert.equal([second.size, second.validator], [2, '"v/1+="']);
  await second.append(bytes(3));
  assert.is(
    await second.digest(),
    createHash('sha256')
      .update(bytes(1, 2, 3))
      .digest('hex'),
  );
  await second.discard();
  assert.equal(readdirSync(folder), []);
});

test('a draft of a running process is left alone, of one that has ended taken over', async ({ folder }) => {
  const store = folderStore(folder);
  const mine = await store.draft('m.onnx');
  await mine.append(bytes(1, 2));
  const other = await store.draft('m.onnx');
  assert.is(other.size, 0);
  await other.discard();
  await mine.release();
  // A process that has certainly ended.
  const child = spawn(process.execPath, ['-e', '']);
  await new Promise((resolve) => child.once('close', resolve));
  const [name] = readdirSync(folder);
  const own = await store.draft('m.onnx');
  const ownName = readdirSync(folder).find((one) => one !== name)!;
  await own.release();
  const [free] = readdirSync(folder);
  renameSync(join(folder, free), join(folder, ownName.replace(`-${process.pid}-`, `-${child.pid}-`)));
  const taken = await store.draft('m.onnx');
  assert.is(taken.size, 2);
  await taken.discard();
});

test('files with nearly the same name keep apart', async ({ folder }) => {
  const store = folderStore(folder);
  const data = await store.draft('model.onnx.data');
  await data.append(bytes(1, 2));
  await data.release();
  const model = await store.draft('model.onnx');
  assert.is(model.size, 0);
  await model.append(bytes(3));
  await model.finish();
  assert.is(readdirSync(folder).length, 2);
});

test('of many that take over one draft, one has it', async ({ folder }) => {
  const store = folderStore(folder);
  const first = await store.draft('m.onnx');
  await first.append(bytes(1, 2));
  await first.release();
  const drafts = await Promise.all(Array.from({ length: 8 }, () => store.draft('m.onnx')));
  assert.is(drafts.filter(({ size }) => size === 2).length, 1);
  await Promise.all(drafts.map((draft) => draft.append(bytes(9))));
  for (const draft of drafts) if (draft.size === 3) await draft.finish();
  for (const draft of drafts) if (draft.size === 1) await draft.discard();
  assert.equal(new Uint8Array(readFileSync(join(folder, 'm.onnx'))), bytes(1, 2, 9));
  assert.equal(readdirSync(folder), ['m.onnx']);
});

test('a stray file is not a draft', async ({ folder }) => {
  writeFileSync(join(folder, '.m.onnx.part'), 'x');
  const draft = await folderStore(folder).draft('m.onnx');
  assert.is(draft.size, 0);
  await draft.discard();
});

test.run();

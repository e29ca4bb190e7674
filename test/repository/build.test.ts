import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from '../helpers/assert.ts';

const test = suite('a build');

const root = fileURLToPath(new URL('../../', import.meta.url));
const PARTS = [
  ...['assembly', 'scripts/bundle.mjs', 'scripts/prepare.mjs', 'src'],
  ...['asconfig.json', 'package.json', 'tsconfig.build.json', 'tsconfig.json'],
];

test('that fails says why, leaves nothing behind, and keeps the one before', () => {
  const copy = mkdtempSync(join(tmpdir(), 'camwasm-build-'));
  for (const part of PARTS) cpSync(join(root, part), join(copy, part), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  cpSync(join(root, 'dist/index.js'), join(copy, 'dist/index.js'));
  const before = readdirSync(copy);
  writeFileSync(join(copy, 'src/errors.ts'), 'export const broken: number = "text";\n');
  const { status, stdout, stderr } = spawnSync(process.execPath, ['scripts/prepare.mjs', '--force'], {
    cwd: copy,
    encoding: 'utf8',
  });
  assert.is(status, 1);
  assert.match(stdout + stderr, /src\/errors\.ts.*TS2322/);
  assert.equal(
    readdirSync(copy).filter((name) => name !== 'build'),
    before,
  );
  assert.is(
    readFileSync(join(copy, 'dist/index.js'), 'utf8'),
    readFileSync(join(root, 'dist/index.js'), 'utf8'),
  );
  rmSync(copy, { recursive: true });
});

test.run();

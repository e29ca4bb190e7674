// Builds dist/ from the sources: AssemblyScript to wasm, wasm to a base64 module, TypeScript to JavaScript, and a
// single file for pages. npm runs it on install, and again on `npx camwasm` in a clone: it is silent on success, does
// nothing if dist/ is newer than its sources, and replaces the folder in one step.
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
process.chdir(root);

const kernels = 'src/kernels/wasm.ts';
const stamp = 'dist/.built';
const sources = [
  'assembly',
  'src',
  'scripts/bundle.mjs',
  'scripts/prepare.mjs',
  'asconfig.json',
  'package.json',
  'tsconfig.json',
  'tsconfig.build.json',
];

const newest = (path) =>
  path === kernels
    ? 0
    : statSync(path).isDirectory()
      ? Math.max(statSync(path).mtimeMs, ...readdirSync(path).map((name) => newest(`${path}/${name}`)))
      : statSync(path).mtimeMs;

const fresh =
  existsSync(kernels) &&
  existsSync(stamp) &&
  Math.max(...sources.map(newest)) < Number(readFileSync(stamp, 'utf8'));

/** Folders and files to remove if this build fails. */
const unfinished = new Set();

if (process.argv.some((word) => ['--force', '--kernels'].includes(word)) || !fresh) await build();

async function build() {
  const { bundle } = await import('./bundle.mjs'); // esbuild takes long to load
  const started = Date.now();
  process.once('exit', () => unfinished.forEach((path) => rmSync(path, { recursive: true, force: true })));
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130));
  mkdirSync('build', { recursive: true });
  run('assemblyscript/bin/asc.js', ['--target', 'release']);
  const base64 = readFileSync('build/kernels.wasm').toString('base64');
  replace(
    kernels,
    `// Made by scripts/prepare.mjs from assembly/.\nexport const KERNELS_BASE64: string =\n  '${base64}';\n`,
  );
  if (process.argv.includes('--kernels')) return; // without dist/: enough to run the sources
  const fold = `dist.${process.pid}`;
  unfinished.add(fold);
  run('typescript/bin/tsc', ['-p', 'tsconfig.build.json', '--outDir', fold]);
  bundle(fold);
  chmodSync(`${fold}/cli/main.js`, 0o755); // npx sets it only once, when it links the package
  copyFileSync('build/kernels.wasm', `${fold}/kernels.wasm`); // for bundlers that need a file
  writeFileSync(`${fold}/.built`, String(Math.max(started, statSync('src/kernels').mtimeMs + 1)));
  const old = `${fold}.old`;
  if (existsSync('dist')) renameSync('dist', old);
  renameSync(fold, 'dist');
  rmSync(old, { recursive: true, force: true });
}

function replace(path, text) {
  if (existsSync(path) && readFileSync(path, 'utf8') === text) return;
  const draft = `${path}.${process.pid}`;
  unfinished.add(draft);
  writeFileSync(draft, text);
  renameSync(draft, path);
}

function run(script, args) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join('node_modules', script), ...args], {
    encoding: 'utf8',
  });
  if (status === 0) return;
  process.stderr.write(stdout + stderr);
  process.exit(1);
}

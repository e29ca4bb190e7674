// Changes the sources in small ways, one at a time, and tells which changes no test notices: npm run mutate -- --help
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { uniform } from '../../test/helpers/random.ts';
import { concerns } from './concerns.ts';
import { mutated, type Mutation, mutationsOf } from './mutations.ts';

const USAGE = `Usage: npm run mutate -- [--count 60] [--seed 1] [--only src/image] [--jobs 1]
  --count  number of mutations
  --seed   which of them: another seed draws others
  --only   mutations of files whose path contains this
  --jobs   mutations at a time`;

/** Share of mutations that the tests should notice. */
const GOAL = 0.9;

/** An endless loop is noticed as well, if a machine under load still has time for the tests themselves. */
const SLOWER = 5;
const SECONDS = 60;

type Outcome = 'caught' | 'timed out' | 'lives' | 'does not compile';

const { values: options } = parseArgs({
  options: {
    count: { type: 'string', default: '60' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string', default: '' },
    jobs: { type: 'string', default: '1' },
    help: { type: 'boolean' },
  },
});
if (options.help) {
  console.log(USAGE);
  process.exit();
}

const root = fileURLToPath(new URL('../../', import.meta.url));
const tracked = git('ls-files', '--cached', '--others', '--exclude-standard');
const specs = tracked
  .filter((file) => /^test\/.*\.test\.ts$/.test(file))
  .map((file) => file.replace(/^test\//, ''));
const kernels = 'src/kernels/wasm.ts';
const folders: string[] = [];
const running = new Set<ChildProcess>();
process.on('exit', () => {
  running.forEach(kill);
  folders.forEach((folder) => rmSync(folder, { recursive: true, force: true }));
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(130));

/** The repository as it was at the start, so that it may be edited meanwhile. */
const base = copy(root);
const queue = drawn();
const outcomes = new Map<Mutation, Outcome>();
/** Seconds that a group of tests takes without a mutation. */
const baselines = new Map<string, Promise<number>>();
const total = queue.length;
await Promise.all(Array.from({ length: Number(options.jobs) }, work));
report();

function drawn(): Mutation[] {
  const files = tracked.filter((file) => /^(src|assembly)\/.*\.ts$/.test(file) && !/\.d\.ts$/.test(file));
  const draw = uniform(Number(options.seed));
  return files
    .filter((file) => file.includes(options.only))
    .flatMap((file) => mutationsOf(file, readFileSync(join(base, file), 'utf8')))
    .map((mutation) => ({ mutation, place: draw() }))
    .sort((a, b) => a.place - b.place)
    .slice(0, Number(options.count))
    .map(({ mutation }) => mutation);
}

async function work(): Promise<void> {
  const folder = copy(base);
  for (let mutation = queue.shift(); mutation; mutation = queue.shift()) {
    const source = readFileSync(join(base, mutation.file), 'utf8');
    writeFileSync(join(folder, mutation.file), mutated(source, mutation));
    const outcome = await tried(mutation.file, folder);
    outcomes.set(mutation, outcome);
    console.log(`${outcomes.size}/${total} ${outcome}: ${told(mutation, source)}`);
    writeFileSync(join(folder, mutation.file), source);
    if (mutation.file.startsWith('assembly/')) cpSync(join(base, kernels), join(folder, kernels));
  }
}

async function tried(file: string, folder: string): Promise<Outcome> {
  if (
    file.startsWith('assembly/') &&
    (await run(folder, ['scripts/prepare.mjs', '--kernels'], 300)) !== 'passed'
  )
    return 'does not compile';
  for (const group of concerns(file, specs)) {
    const result = await tests(folder, group, SECONDS + SLOWER * (await baseline(group)));
    if (result !== 'passed') return result === 'failed' ? 'caught' : 'timed out';
  }
  return 'lives';
}

function baseline(group: readonly string[]): Promise<number> {
  const key = group.join(' ');
  const known = baselines.get(key);
  if (known) return known;
  const measured = (async () => {
    const started = Date.now();
    if ((await tests(base, group, Infinity)) === 'passed') return (Date.now() - started) / 1000;
    console.error(`Without a mutation, these tests fail: npm test -- ${key}`);
    process.exit(1);
  })();
  baselines.set(key, measured);
  return measured;
}

/** A copy of the repository in a temporary folder. */
function copy(from: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'camwasm-mutate-'));
  folders.push(folder);
  for (const file of [...tracked, kernels]) cpSync(join(from, file), join(folder, file));
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  return folder;
}

/** Runs specs, until one fails. */
function tests(folder: string, group: readonly string[], seconds: number) {
  return run(folder, ['--import', 'tsx', 'test/run.ts', ...group], seconds);
}

function run(
  folder: string,
  args: readonly string[],
  seconds: number,
): Promise<'passed' | 'failed' | 'timed out'> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, {
      cwd: folder,
      detached: true,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    running.add(child);
    const end = (result: 'passed' | 'failed' | 'timed out'): void => {
      clearTimeout(timer);
      kill(child);
      running.delete(child);
      resolve(result);
    };
    const timer = Number.isFinite(seconds) ? setTimeout(end, 1000 * seconds, 'timed out') : undefined;
    child.stdout.on('data', (text: Buffer) => {
      if (/^\s+FAIL /m.test(text.toString())) end('failed'); // the rest of the tests would only take time
    });
    child.on('close', (status) => end(status === 0 ? 'passed' : 'failed'));
  });
}

/** Kills a process and those that it started. */
function kill({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended.
  }
}

function told({ file, line, start, end, text }: Mutation, source: string): string {
  const before = source.slice(start, end).replace(/\s+/g, ' ');
  const around = source.split('\n')[line - 1].trim();
  return `${file}:${line}\n    ${around}\n    ${before} → ${text.replace(/\s+/g, ' ')}`;
}

function report(): void {
  const found = [...outcomes.values()].filter((outcome) => outcome !== 'does not compile');
  const living = found.filter((outcome) => outcome === 'lives').length;
  const score = 1 - living / found.length;
  console.log(
    `\n${found.length - living} of ${found.length} mutations were caught: ${(100 * score).toFixed(1)} %`,
  );
  process.exitCode = score >= GOAL ? 0 : 1;
}

function git(...args: string[]): string[] {
  return spawnSync('git', args, { cwd: root, encoding: 'utf8' }).stdout.trim().split('\n');
}

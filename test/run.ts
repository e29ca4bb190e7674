// Runs every *.test.ts below this folder, or those whose path contains a given word: npm test -- kernels
// uvu alone exits 0 when no file matched and when a file forgets test.run(); here both are failures.
import { readdirSync } from 'node:fs';
import { relative, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

interface Queue {
  UVU_DEFER: number;
  UVU_INDEX: number;
  UVU_QUEUE: [string, ...Suite[]][];
}

type Suite = () => Promise<[errors: string | true, ran: number, skipped: number, total: number]>;

const here = fileURLToPath(new URL('.', import.meta.url));
const words = process.argv.slice(2);
const files = readdirSync(here, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.test.ts') && !name.includes('node_modules'))
  .filter((name) => words.length === 0 || words.some((word) => name.includes(word)))
  .sort();

const uvu = globalThis as unknown as Queue;
uvu.UVU_DEFER = 1;
uvu.UVU_QUEUE = [];

const silent: string[] = [];
for (const file of files) {
  const name = relative(here, here + file)
    .split(sep)
    .join('/');
  uvu.UVU_INDEX = uvu.UVU_QUEUE.length;
  uvu.UVU_QUEUE.push([name]);
  await import(pathToFileURL(here + file).href);
  if (uvu.UVU_QUEUE.at(-1)!.length === 1) silent.push(name);
}

if (files.length === 0) fail('No test file matches.');
if (silent.length > 0) fail(`No test registered (is test.run() missing?): ${silent.join(', ')}`);

let [passed, failed] = [0, 0];
const skipped = new Map<string, number>();
for (const [name, ...suites] of uvu.UVU_QUEUE) {
  console.log(name);
  for (const suite of suites) {
    const [errors, ran, left, total] = await suite();
    passed += ran;
    failed += total - ran;
    if (left > 0) skipped.set(name, (skipped.get(name) ?? 0) + left);
    if (typeof errors === 'string') console.log(`\n${errors}`);
  }
}
const left = [...skipped.values()].reduce((a, b) => a + b, 0);
console.log(`\n${passed} passed, ${failed} failed, ${left} skipped`);
// Only what needs real models may be skipped, where there are none.
const modelsMissing = process.env.CAMWASM_MODELS === undefined;
for (const [name, count] of skipped)
  console.log(`SKIPPED: ${count} of ${name}${modelsMissing ? ', since CAMWASM_MODELS is not set' : ''}`);
process.exit(passed > 0 && failed === 0 && (left === 0 || modelsMissing) ? 0 : 1);

function fail(message: string): never {
  console.error(message);
  process.exit(1);
}

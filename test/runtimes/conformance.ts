import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type App, bin, nodeOf, type OtherNode, sh } from './app.ts';
import { type BrowserName, withPage } from './browser.ts';
import type { Site } from './site.ts';
import { FLOAT16, npy, oracleOf, type Result, unpack } from './spec.js';
import { startWorker } from './workerd.js';

/** One way to run the spec. */
interface Runtime {
  readonly threads: number;
  readonly run: (app: App, site: Site) => Promise<string>;
  /** Why it cannot be had here, if so. */
  readonly missing?: string;
}

const fromProcess =
  (name: string, command: string, args: readonly string[]): Runtime['run'] =>
  ({ folder }) => {
    const out = join(folder, 'out', `${name}.json`);
    sh(command, [...args, 'process.js', out], { cwd: folder });
    return Promise.resolve(readFileSync(out, 'utf8'));
  };

const otherNode = (which: OtherNode): Runtime => {
  const node = nodeOf(which);
  return {
    threads: 2,
    run: fromProcess(which, node, []),
    ...(!existsSync(node) && { missing: 'no such build for this platform' }),
  };
};

/** The pages of drivers/: where each lies, and the name that it posts its result by. */
const PAGES: Readonly<Record<string, { threads: number; path: string; result: string }>> = {
  'one file': { threads: 1, path: 'one-file.html?', result: 'one-file' },
  'one file, isolated': { threads: 2, path: 'one-file.html?isolated&', result: 'one-file-isolated' },
  'one file, from a CDN': { threads: 2, path: 'cdn.html?isolated&', result: 'cdn' },
  'import map': { threads: 1, path: 'import-map.html?', result: 'import-map' },
  'Vite, isolated': { threads: 2, path: 'isolated/?', result: 'bundled' },
  'web worker': { threads: 2, path: 'isolated/?worker&', result: 'worker' },
};

const pagesIn = (browser: BrowserName): Readonly<Record<string, Runtime>> =>
  Object.fromEntries(
    Object.entries(PAGES).map(([page, { threads, path, result }]) => {
      const run: Runtime['run'] = (_, site) =>
        withPage(browser, `${site.url}/${path}browser=${browser}`, () => site.result(`${browser}/${result}`));
      return [`${browser}, ${page}`, { threads, run }];
    }),
  );

/** Node comes first: the others are compared with it. */
const RUNTIMES: Readonly<Record<string, Runtime>> = {
  Node: { threads: 2, run: fromProcess('node', process.execPath, []) },
  'Node, oldest supported': otherNode('node-oldest'),
  'Node, newest': otherNode('node-newest'),
  Deno: {
    threads: 1,
    run: fromProcess('deno', bin('deno'), [
      'run',
      '--no-prompt',
      '--no-lock',
      '--node-modules-dir=manual',
      '--allow-read=.',
      '--allow-write=out',
    ]),
  },
  Bun: { threads: 2, run: fromProcess('bun', bin('bun'), []) },
  ...pagesIn('Chromium'),
  ...pagesIn('Firefox'),
  workerd: {
    threads: 1,
    async run({ folder }, site) {
      const worker = await startWorker(folder, 'worker.js', { MATERIAL: site.url });
      try {
        return await (await worker.fetch('http://camwasm.test/')).text();
      } finally {
        await worker.close();
      }
    },
  },
};

const WIDTH = 2 + Math.max(...Object.keys(RUNTIMES).map((name) => name.length));

/** Largest difference that the order of summation may make between runtimes. */
const BETWEEN_RUNTIMES = 1e-5;
/** Largest difference to PyTorch's map, relative to its largest magnitude. */
const TO_PYTORCH = 1e-3;
/** The same for models in float16, whose numbers have 11 bits. */
const FLOAT16_TO_PYTORCH = 1e-2;

/** Runs the spec everywhere, and throws what is wrong with each runtime. */
export async function conformance(app: App, site: Site, words: readonly string[]): Promise<void> {
  const wanted = Object.entries(RUNTIMES).filter(
    ([name]) =>
      name === 'Node' || words.length === 0 || words.some((word) => name.toLowerCase().includes(word)),
  );
  if (wanted.some(([name]) => name.includes('Vite') || name.includes('worker'))) {
    sh(bin('vite'), ['build'], { cwd: app.folder });
  }
  let reference: Result | undefined;
  const complaints: string[] = [];
  for (const [name, { threads, run, missing }] of wanted) {
    if (missing !== undefined) {
      console.log(`  ${name.padEnd(WIDTH)}SKIPPED: ${missing}`);
      continue;
    }
    const started = performance.now();
    try {
      const result = unpack(await run(app, site));
      reference ??= result;
      const found = compare(result, reference, app.folder);
      const seconds = ((performance.now() - started) / 1000).toFixed(1);
      console.log(
        `  ${name.padEnd(WIDTH)}${seconds.padStart(5)} s  ${result.maps.size} maps, ${result.threads.count} threads, ` +
          `off Node by ${found.between.toExponential(0)}, off PyTorch by ${found.pytorch.toExponential(0)}`,
      );
      if (result.threads.count !== threads) {
        complaints.push(`${name}: ${result.threads.count} threads (${result.threads.note}), not ${threads}`);
      }
      complaints.push(...found.complaints.map((complaint) => `${name}: ${complaint}`));
    } catch (error) {
      console.log(`  ${name.padEnd(WIDTH)}FAILED`);
      complaints.push(`${name}: ${(error as Error).message}`);
    }
  }
  if (complaints.length > 0) throw new Error(complaints.join('\n'));
}

interface Comparison {
  readonly between: number;
  readonly pytorch: number;
  readonly complaints: readonly string[];
}

function compare(result: Result, reference: Result, folder: string): Comparison {
  const complaints: string[] = [];
  let [between, pytorch] = [0, 0];
  for (const [name, map] of reference.maps) {
    const found = result.maps.get(name);
    const off = found ? largestDifference(found, map) : Infinity;
    between = Math.max(between, off);
    if (!(off <= BETWEEN_RUNTIMES)) complaints.push(`${name} is off Node's by ${off}`);
    const oracle = oracleOf(name);
    if (!oracle || !found) continue;
    const { data } = npy(new Uint8Array(readFileSync(join(folder, 'material', oracle))));
    const scale = data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const error = largestDifference(found, data) / scale;
    const isHalf = name.includes(FLOAT16);
    if (!isHalf) pytorch = Math.max(pytorch, error);
    if (!(error <= (isHalf ? FLOAT16_TO_PYTORCH : TO_PYTORCH)))
      complaints.push(`${name} is off PyTorch's by ${error}`);
  }
  complaints.push(...drawnComplaints(result));
  return { between, pytorch, complaints };
}

/** One picture, handed over in each way that a browser has: exactly the same map. */
function drawnComplaints({ maps }: Result): string[] {
  const drawn = [...maps].filter(([name]) => name.startsWith('drawn '));
  return drawn
    .map(([name, map]) => [name, largestDifference(map, drawn[0][1])] as const)
    .filter(([, off]) => !(off === 0))
    .map(([name, off]) => `${name} is off ${drawn[0][0]} by ${off}`);
}

function largestDifference(a: Float32Array, b: Float32Array): number {
  if (a.length !== b.length) return Infinity;
  let most = 0;
  for (let i = 0; i < a.length; i++) {
    const off = Math.abs(a[i] - b[i]);
    if (Number.isNaN(off)) return NaN;
    most = Math.max(most, off);
  }
  return most;
}

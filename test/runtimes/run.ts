// Runs the packed tarball on every runtime: npm run test:runtimes [-- <part>...], or `conformance <runtime>...`
import { type App, makeApp } from './app.ts';
import { commandLine } from './cli.ts';
import { conformance } from './conformance.ts';
import { edge } from './edge.ts';
import { examples } from './examples.ts';
import { load } from './load.ts';
import { hygiene } from './package.ts';
import { serveSite, type Site } from './site.ts';

type Part = (app: App, site: Site, words: readonly string[]) => Promise<void>;

const PARTS: Readonly<Record<string, Part>> = {
  package: hygiene,
  conformance,
  'command line': commandLine,
  examples,
  'edge memory': edge,
  load,
};

const [first, ...runtimes] = process.argv.slice(2).map((word) => word.toLowerCase());
const app = makeApp();
const site = await serveSite(app.folder);
let failed = false;
for (const [name, part] of Object.entries(PARTS)) {
  if (first !== undefined && !name.startsWith(first)) continue;
  const started = performance.now();
  console.log(name);
  try {
    await part(app, site, runtimes);
  } catch (error) {
    failed = true;
    console.error(`\n${(error as Error).message}\n`);
  }
  console.log(`  (${((performance.now() - started) / 1000).toFixed(0)} s)\n`);
}
site.close();
process.exit(failed ? 1 : 0);

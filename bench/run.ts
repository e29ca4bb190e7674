// Runs every *.bench.ts here, or those whose name contains a given word: npm run bench -- kernels
import { readdirSync } from 'node:fs';

const words = process.argv.slice(2);
const files = readdirSync(new URL('.', import.meta.url))
  .filter((name) => name.endsWith('.bench.ts'))
  .filter((name) => words.length === 0 || words.some((word) => name.includes(word)))
  .sort();

if (files.length === 0) {
  console.error(`No bench file matches ${words.join(' ')}.`);
  process.exit(1);
}

for (const file of files) {
  console.log(`\n${file}`);
  await import(new URL(file, import.meta.url).href);
}

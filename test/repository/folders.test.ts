import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { suite } from 'uvu';
import { METHODS } from '../../src/index.ts';
import * as assert from '../helpers/assert.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const test = suite('the tests as a whole');

/** A program without its comments. */
const codeOf = (text: string): string =>
  ts.transpile(text, { removeComments: true, target: ts.ScriptTarget.ESNext });

/** Folders of test/ that stand for no folder of src/. */
const OTHERS = ['cases', 'fixtures', 'helpers', 'repository', 'runtimes', 'types'];

test('folders mirror src', () => {
  const sources = readdirSync(`${root}src`);
  const strays = readdirSync(`${root}test`).filter(
    (name) => ![...sources, ...OTHERS, 'run.ts'].includes(name),
  );
  assert.equal(strays, []);
});

// A method whose rule could be swapped for another's without a test that notices has no oracle.
test('every method is named by a test that is not looped over all of them', () => {
  const LOOPED = ['table.test.ts', 'cost.test.ts', 'docs.test.ts'];
  const specs = readdirSync(`${root}test`, { recursive: true, encoding: 'utf8' })
    .filter((name) => /^(methods|autodiff|explain)\/.*\.ts$/.test(name))
    .filter((name) => !LOOPED.some((looped) => name.endsWith(looped)))
    .map((name) => codeOf(readFileSync(`${root}test/${name}`, 'utf8')))
    .join('\n');
  const missing = Object.keys(METHODS).filter((id) => !specs.includes(`'${id}'`));
  assert.equal(missing, []);
});

test.run();

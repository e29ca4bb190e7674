import { readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { METHODS_PAGE, methodsPage } from '../../scripts/docs/methods.ts';

test('docs/methods.md is what the table says: npm run docs', () => {
  assert.fixture(readFileSync(new URL(`../../${METHODS_PAGE}`, import.meta.url), 'utf8'), methodsPage());
});

test.run();
